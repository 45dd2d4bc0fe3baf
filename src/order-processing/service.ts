/** Order processing as a stage: ORDERS → order_log and position in one transaction → COMMANDS under the fence. */
import type { Bus } from "../shared/bus.js";
import { InvariantBroken } from "../shared/errors.js";
import { FencedOutput } from "../shared/fenced-output.js";
import type { Service } from "../shared/lifecycle.js";
import type { Command, LoggedRequest } from "../shared/messages.js";
import { decodeCommandBatch, decodeOrderBatch, encodeCommandBatch } from "../shared/pipeline-codec.js";
import { AssetHalted, type AssetInput, haltingAsset, type Stage } from "../shared/stage.js";
import {
  type CommandSequence,
  commandSequence,
  type EpochMs,
  type EpochUs,
  epochUs,
  type LogId,
  logId,
  logIdAt,
  nowUs,
  type StreamSequence,
} from "../shared/units.js";
import type { ActionCommand, ActionsFollower } from "./actions-follower.js";
import type { OrderLogStore, SequencedBatch } from "./order-log-store.js";
import { type ClientOrderIds, clientOrderIdsNeeded, sequenceRequests } from "./sequencing.js";

/** Commands in one message; far below 256 KiB. */
const COMMANDS_PER_MESSAGE_MAX = 1_000;

/** Commands of one asset that may be on their way to settlement; past that its requests wait in the log. */
const UNSETTLED_COMMANDS_MAX = 10_000;

interface AssetPosition {
  logId: LogId;
  streamSequence: StreamSequence;
  commandSequence: CommandSequence;
  sequencedAtUs: EpochUs;
  /** When the clock has to be sent if no request brings it. */
  nextExpiryMs: EpochMs | null;
  readonly output: FencedOutput;
}

interface LoggedBatch {
  readonly asset: string;
  readonly requests: readonly LoggedRequest[];
  readonly streamSequence: StreamSequence;
}

export class OrderProcessing implements Stage {
  readonly input = "ORDERS";
  readonly #bus: Bus;
  readonly #store: OrderLogStore;
  readonly #actions: ActionsFollower;
  readonly #service: Service;
  #settled: ReadonlyMap<string, CommandSequence> = new Map();
  readonly #positions = new Map<string, AssetPosition>();

  constructor(service: Service, bus: Bus, store: OrderLogStore, actions: ActionsFollower) {
    this.#service = service;
    this.#bus = bus;
    this.#store = store;
    this.#actions = actions;
  }

  async recover(asset: string): Promise<{ afterSequence: StreamSequence }> {
    const stored = await this.#store.position(asset);
    const { last } = await this.#bus.streamBounds(this.input);
    if (last < stored.streamSequence)
      throw new AssetHalted(asset, `the order log ends at ${last}, but ${stored.streamSequence} was processed before`);
    const output = new FencedOutput(this.#bus, this.#service.log, this.#service.stopping, "COMMANDS", asset);
    const nextExpiryMs = await this.#store.nextExpiry(asset, stored.sequencedAtUs);
    this.#positions.set(asset, { ...stored, nextExpiryMs, output });
    await this.#publishRest(asset, output, stored.commandSequence);
    await this.#actions.recover(asset);
    return { afterSequence: stored.streamSequence };
  }

  async release(asset: string): Promise<void> {
    this.#positions.delete(asset);
  }

  accepts(asset: string): boolean {
    return this.#unsettled(asset) <= UNSETTLED_COMMANDS_MAX;
  }

  async handle(inputs: readonly AssetInput[]): Promise<void> {
    const logged = inputs.map((input) => this.#readRequests(input));
    const ids = await this.#store.findClientOrderIds(logged.flatMap(({ requests }) => clientOrderIdsNeeded(requests)));
    const batches = logged.filter(({ requests }) => requests.length > 0).map((batch) => this.#sequence(batch, ids));
    if (batches.length === 0) return;
    await this.#commit(batches);
  }

  async tick(): Promise<void> {
    if ([...this.#positions.keys()].some((asset) => this.#unsettled(asset) > 0))
      this.#settled = await this.#store.settledCommands();
    await this.#tellTime();
    await this.#followActions();
  }

  /** An order expires when the engine's clock reaches its time: where no request brings the time, it is sent. */
  async #tellTime(): Promise<void> {
    const batches: SequencedBatch[] = [];
    for (const [asset, position] of this.#positions) {
      if (position.nextExpiryMs === null) continue;
      if (position.nextExpiryMs * 1000 <= position.sequencedAtUs)
        position.nextExpiryMs = await this.#store.nextExpiry(asset, position.sequencedAtUs);
      const atUs = nowUs();
      if (position.nextExpiryMs === null || position.nextExpiryMs * 1000 > atUs) continue;
      batches.push(this.#unasked(asset, [{ accountId: 0, body: { kind: "advance_clock" } }]));
    }
    if (batches.length > 0) await this.#commit(batches);
  }

  /** What operators and timers decided becomes commands, in the same way. */
  async #followActions(): Promise<void> {
    const commands = [...(await this.#actions.commands([...this.#positions.keys()]))];
    if (commands.length === 0) return;
    await this.#commit(
      commands.map(([asset, told]) => ({
        ...this.#unasked(asset, told),
        actionIds: told.map(({ actionId }) => actionId),
      })),
    );
    for (const [asset, told] of commands) this.#actions.written(asset, told);
  }

  /** Commands that no request asked for: the position in the log stays where it is. */
  #unasked(asset: string, told: readonly Omit<ActionCommand, "actionId">[]): SequencedBatch {
    const { logId: reached, streamSequence, commandSequence: after, sequencedAtUs } = this.#position(asset);
    const atUs = Math.max(sequencedAtUs, nowUs()) as EpochUs;
    const commands = told.map(({ accountId, body }, index): Command => {
      const sequence = commandSequence(after + index + 1);
      return { commandSequence: sequence, logId: logId(0), accountId, receivedAtUs: epochUs(0), atUs, body };
    });
    return { asset, commands, from: reached, reached, streamSequence };
  }

  async #commit(batches: readonly SequencedBatch[]): Promise<void> {
    await this.#store.append(batches);
    for (const batch of batches) this.#advance(batch);
    await Promise.all(batches.map(({ asset, commands }) => publishCommands(this.#position(asset).output, commands)));
  }

  #readRequests({ asset, messages }: AssetInput): LoggedBatch {
    const after = this.#position(asset).logId;
    const requests = haltingAsset(asset, () =>
      messages.flatMap(({ streamSequence, data }) =>
        decodeOrderBatch(data).map((request, index) => ({ ...request, logId: logIdAt(streamSequence, index) })),
      ),
    ).filter(({ logId }) => logId > after);
    return { asset, requests, streamSequence: (messages.at(-1) as { streamSequence: StreamSequence }).streamSequence };
  }

  #sequence({ asset, requests, streamSequence }: LoggedBatch, ids: ClientOrderIds): SequencedBatch {
    const position = this.#position(asset);
    const atUs = Math.max(position.sequencedAtUs, nowUs()) as EpochUs;
    const isSuspended = this.#actions.isSuspended.bind(this.#actions);
    const commands = sequenceRequests(asset, requests, ids, position.commandSequence, atUs, isSuspended);
    const reached = (requests.at(-1) as LoggedRequest).logId;
    return { asset, commands, from: position.logId, reached, streamSequence };
  }

  #advance({ asset, commands, reached, streamSequence }: SequencedBatch): void {
    const position = this.#position(asset);
    const last = commands.at(-1) as Command;
    const expiries = commands.flatMap(({ body }) => (body.kind === "new" ? (body.expiresAtMs ?? []) : []));
    const nextExpiryMs = Math.min(position.nextExpiryMs ?? Number.POSITIVE_INFINITY, ...expiries);
    Object.assign(position, {
      logId: reached,
      streamSequence,
      commandSequence: last.commandSequence,
      sequencedAtUs: last.atUs,
      nextExpiryMs: Number.isFinite(nextExpiryMs) ? nextExpiryMs : null,
    });
  }

  /** What was committed and did not get out: the rows after the last published command are the outbox. */
  async #publishRest(asset: string, output: FencedOutput, committed: CommandSequence): Promise<void> {
    const last = await output.open();
    let published = last === null ? commandSequence(0) : lastSequence(decodeCommandBatch(last.data));
    if (published > committed)
      throw new AssetHalted(asset, `commands reach ${published}, but the order log in Postgres ends at ${committed}`);
    while (published < committed) {
      const rest = await this.#store.commandsAfter(asset, published, COMMANDS_PER_MESSAGE_MAX);
      await publishCommands(output, rest);
      published = lastSequence(rest);
      this.#service.log.info({ asset, published, committed }, "published commands that were committed before");
    }
  }

  /** Commands that are not settled yet, as far as it was known at the last tick. */
  #unsettled(asset: string): number {
    return this.#position(asset).commandSequence - (this.#settled.get(asset) ?? 0);
  }

  #position(asset: string): AssetPosition {
    const position = this.#positions.get(asset);
    if (position === undefined) throw new InvariantBroken(`${asset} was not recovered before its input was handled`);
    return position;
  }
}

function lastSequence(commands: readonly Command[]): CommandSequence {
  const last = commands.at(-1);
  if (last === undefined) throw new InvariantBroken("a batch of commands is empty");
  return last.commandSequence;
}

async function publishCommands(output: FencedOutput, commands: readonly Command[]): Promise<void> {
  for (let start = 0; start < commands.length; start += COMMANDS_PER_MESSAGE_MAX)
    await output.publish(encodeCommandBatch(commands.slice(start, start + COMMANDS_PER_MESSAGE_MAX)));
}
