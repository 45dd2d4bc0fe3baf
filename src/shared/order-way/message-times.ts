/**
 * When the messages that carried an order were stored. Each is looked for from the time on that the step before has: it
 * is the first or one of the next, at the end of its stream, where the server has it in memory.
 */
import type { StoredReads } from "../bus/direct-reads.js";
import type { InputMessage } from "../bus/reader.js";
import { type StreamName, subjectOf } from "../bus/subjects.js";
import { BATCH_ITEMS_MAX, type EpochUs, epochUs, streamSequence } from "../domain/units.js";
import { decodeCommandBatch, decodeExecutionRows, decodeNotificationBatch } from "../wire/pipeline-codec.js";
import type { OrderWay, SettledOrder } from "./order-way.js";

/** Where a message stands to what is looked for. */
type Stands = "before" | "here" | "after";
type StandsTo = (order: SettledOrder) => Stands;

/** How a stream's message says which orders it is about. */
const READ: Readonly<Record<"COMMANDS" | "EXECUTIONS" | "NOTIFICATIONS", (data: Uint8Array) => StandsTo>> = {
  COMMANDS: (data) => {
    const commands = decodeCommandBatch(data);
    const [first, last] = [commands[0]?.commandSequence ?? 0, commands.at(-1)?.commandSequence ?? 0];
    return ({ commandSequence }) => place(commandSequence, first, last);
  },
  EXECUTIONS: (data) => {
    const { firstEventSequence, throughEvent } = decodeExecutionRows(data);
    return ({ eventSequence }) => place(eventSequence, firstEventSequence, throughEvent);
  },
  NOTIFICATIONS: (data) => {
    const { reports } = decodeNotificationBatch(data);
    const told = new Set(reports.map(({ accountId, accountSequence }) => `${accountId} ${accountSequence}`));
    const lastUs = reports.at(-1)?.matchedAtUs ?? 0;
    return ({ accountId, accountSequence, matchedAtUs }) =>
      told.has(`${accountId} ${accountSequence}`) ? "here" : lastUs > matchedAtUs ? "after" : "before";
  },
};

function place(sequence: number, first: number, last: number): Stands {
  return sequence < first ? "after" : sequence > last ? "before" : "here";
}

/** Messages that are looked at for one step of one order. */
const STEPS_MAX = 12;
/** Clocks of several machines differ by less: where the first look is too late, the next begins so much earlier. */
const CLOCKS_APART_US = 1_000_000;
/** Messages of an asset that are remembered: orders of a round are often in the same ones. */
const REMEMBERED_MAX = 32;

interface Seen {
  readonly storedAtUs: EpochUs;
  readonly standsTo: StandsTo;
}

export class MessageTimes {
  readonly #bus: StoredReads;
  readonly #seen = new Map<string, Seen[]>();

  constructor(bus: StoredReads) {
    this.#bus = bus;
  }

  /** The order's way, without the times of messages that are not there any more. */
  async wayOf(order: SettledOrder): Promise<OrderWay> {
    const { decidedAtUs, loggedAtUs, settledAtUs } = order;
    const [onDiskAtUs, [handedOverAtUs, matchedAtUs], toldAtUs] = await Promise.all([
      this.#onDisk(order),
      this.#throughTheEngine(order),
      settledAtUs === null ? null : this.#find("NOTIFICATIONS", order, settledAtUs),
    ]);
    const publishedAtUs =
      settledAtUs === null ? await this.#find("NOTIFICATIONS", order, matchedAtUs ?? decidedAtUs) : toldAtUs;
    const times = {
      "on disk": onDiskAtUs,
      decided: decidedAtUs,
      logged: loggedAtUs,
      "handed over": handedOverAtUs,
      matched: matchedAtUs,
      settled: settledAtUs,
      published: publishedAtUs,
    };
    const known = Object.entries(times).filter(([, atUs]) => atUs !== null);
    return { order, timesUs: Object.fromEntries(known) as OrderWay["timesUs"] };
  }

  async #throughTheEngine(order: SettledOrder): Promise<[handedOver: EpochUs | null, matched: EpochUs | null]> {
    const sinceUs = order.loggedAtUs ?? order.decidedAtUs;
    const handedOverAtUs = await this.#find("COMMANDS", order, sinceUs);
    return [handedOverAtUs, await this.#find("EXECUTIONS", order, handedOverAtUs ?? sinceUs)];
  }

  /** Its id says which message it is in, whose orders all have the time. */
  async #onDisk({ asset, orderId }: SettledOrder): Promise<EpochUs | null> {
    const sequence = Math.floor(orderId / BATCH_ITEMS_MAX);
    const subject = subjectOf("ORDERS", asset);
    const isIn = ({ orderId: other }: SettledOrder) => Math.floor(other / BATCH_ITEMS_MAX) === sequence;
    const seen = this.#remembered(`ORDERS ${asset}`, { orderId } as SettledOrder);
    if (seen !== null) return seen;
    const message = await this.#bus.nextMessage("ORDERS", subject, streamSequence(sequence - 1));
    if (message?.streamSequence !== sequence) return null;
    this.#remember(`ORDERS ${asset}`, {
      storedAtUs: message.storedAtUs,
      standsTo: (other) => (isIn(other) ? "here" : "before"),
    });
    return message.storedAtUs;
  }

  async #find(stream: keyof typeof READ, order: SettledOrder, sinceUs: EpochUs): Promise<EpochUs | null> {
    const key = `${stream} ${order.asset}`;
    const seen = this.#remembered(key, order);
    if (seen !== null) return seen;
    const found = await this.#lookFrom(stream, order, sinceUs);
    return found === "too late" ? this.#earlier(stream, order, sinceUs) : found;
  }

  async #earlier(stream: keyof typeof READ, order: SettledOrder, sinceUs: EpochUs): Promise<EpochUs | null> {
    const found = await this.#lookFrom(stream, order, epochUs(Math.max(0, sinceUs - CLOCKS_APART_US)));
    return found === "too late" ? null : found;
  }

  async #lookFrom(
    stream: keyof typeof READ,
    order: SettledOrder,
    sinceUs: EpochUs,
  ): Promise<EpochUs | "too late" | null> {
    const subject = subjectOf(stream as StreamName, order.asset);
    let message: InputMessage | null = await this.#bus.messageSince(stream, subject, sinceUs);
    for (let steps = 1; message !== null && steps <= STEPS_MAX; steps++) {
      const { storedAtUs, streamSequence: sequence, data } = message;
      const standsTo = READ[stream](data);
      this.#remember(`${stream} ${order.asset}`, { storedAtUs, standsTo });
      const stands = standsTo(order);
      if (stands === "here") return storedAtUs;
      if (stands === "after") return steps === 1 ? "too late" : null;
      message = await this.#bus.nextMessage(stream, subject, sequence);
    }
    return null;
  }

  #remembered(key: string, order: SettledOrder): EpochUs | null {
    return this.#seen.get(key)?.find(({ standsTo }) => standsTo(order) === "here")?.storedAtUs ?? null;
  }

  #remember(key: string, seen: Seen): void {
    const all = this.#seen.get(key) ?? [];
    all.push(seen);
    if (all.length > REMEMBERED_MAX) all.shift();
    this.#seen.set(key, all);
  }
}
