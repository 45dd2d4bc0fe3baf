/** Orders that rest, one after the other into each of many assets, and how long each was without its event. */

import type { BusReader } from "../../../src/shared/bus/reader.js";
import type { Asset, AssetRegistry } from "../../../src/shared/domain/assets.js";
import type { Command } from "../../../src/shared/domain/messages.js";
import { accountId, commandSequence, epochUs, logId, streamSequence } from "../../../src/shared/domain/units.js";
import { decodeExecutionBatch, encodeCommandBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { eventually } from "../../support/eventually.js";
import { limitOrder } from "../../support/order-terms.js";
import { type EnginesUnderTest, REGISTRY } from "./engines-under-test.js";

const PERIOD_MS = 50;
const PENDING_MAX = 1_024;
const PRICES = 1_000;
const FILL_BATCH = 1_000;

export function registryOf(assets: readonly string[]): AssetRegistry {
  const [terms] = REGISTRY.assets.values();
  return { ...REGISTRY, assets: new Map(assets.map((asset) => [asset, { ...(terms as Asset), asset }])) };
}

export class SteadyOrders {
  readonly #engines: EnginesUnderTest;
  readonly #assets: readonly string[];
  /** By asset, then by command: when it was sent, until it is answered. */
  readonly #waiting = new Map<string, Map<number, number>>();
  readonly #sent = new Map<string, number>();
  readonly #reader: BusReader;
  #timer: NodeJS.Timeout | null = null;
  #worstMs = 0;
  readonly #failures: unknown[] = [];

  constructor(engines: EnginesUnderTest, assets: readonly string[]) {
    this.#engines = engines;
    this.#assets = assets;
    for (const asset of assets) this.#waiting.set(asset, new Map());
    this.#reader = engines.bus.read({
      stream: "EXECUTIONS",
      subject: "executions.>",
      afterSequence: streamSequence(0),
      pendingMessagesMax: PENDING_MAX,
      onAvailable: () => this.#noteAnswers(),
    });
  }

  /** So many orders rest in each asset. */
  async fill(ordersEach: number): Promise<void> {
    for (let left = ordersEach; left > 0; left -= FILL_BATCH) await this.roundTrip(Math.min(left, FILL_BATCH));
    this.#worstMs = 0;
  }

  start(): void {
    this.#timer = setInterval(() => {
      for (const asset of this.#assets) this.#send(asset, 1).catch((err: unknown) => this.#failures.push(err));
    }, PERIOD_MS);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#reader.close();
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  /** Resolves when every asset has answered everything so far, and so many orders more. */
  async roundTrip(ordersEach = 1): Promise<void> {
    await Promise.all(this.#assets.map((asset) => this.#send(asset, ordersEach)));
    const sent = new Map(this.#sent);
    await eventually("everything is answered", () => {
      const isOpen = ([asset, through]: [string, number]) =>
        [...(this.#waiting.get(asset)?.keys() ?? [])].some((command) => command <= through);
      return [...sent].some(isOpen) ? null : true;
    });
  }

  /** The longest that an order was without its event, since it was asked before. */
  takeWorstMs(): number {
    const worstMs = this.#worstMs;
    this.#worstMs = 0;
    return worstMs;
  }

  async #send(asset: string, count: number): Promise<void> {
    const before = this.#sent.get(asset) ?? 0;
    this.#sent.set(asset, before + count);
    const commands = Array.from({ length: count }, (_, index) => restingOrder(before + index + 1));
    for (const { commandSequence } of commands) this.#waiting.get(asset)?.set(commandSequence, performance.now());
    await this.#engines.put("COMMANDS", asset, encodeCommandBatch(commands));
  }

  #noteAnswers(): void {
    for (const { subject, data } of this.#reader.take(PENDING_MAX)) {
      const waiting = this.#waiting.get(subject.slice("executions.".length));
      const { throughCommand } = decodeExecutionBatch(data);
      for (const [command, sentMs] of waiting ?? []) {
        if (command > throughCommand) break;
        waiting?.delete(command);
        this.#worstMs = Math.max(this.#worstMs, performance.now() - sentMs);
      }
    }
  }
}

export function restingOrder(sequence: number): Command {
  const at = epochUs(1_000_000 + sequence);
  const isBuy = sequence % 2 === 0;
  const price = isBuy ? 10_000 - (sequence % PRICES) : 20_000 + (sequence % PRICES);
  return {
    commandSequence: commandSequence(sequence),
    logId: logId(sequence),
    accountId: accountId(1 + (sequence % 10)),
    receivedAtUs: at,
    atUs: at,
    body: limitOrder(isBuy ? "buy" : "sell", 5, price),
  };
}
