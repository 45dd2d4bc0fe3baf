/** The way of requests into the order log, for one process that has clients: all that a door's front end stands on. */
import { hostname } from "node:os";
import type { Access } from "../access/access-feed.js";
import type { Bus } from "../bus/bus.js";
import type { AssetRegistry } from "../domain/assets.js";
import type { OrderRequest } from "../domain/messages.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { AccountId, LogId, PriceTicks } from "../domain/units.js";
import { nowUs } from "../process/clock.js";
import type { Logger } from "../process/log.js";
import type { TokenBucket } from "../process/token-bucket.js";
import { hasBecome } from "../process/waits.js";
import { Backlog } from "./backlog.js";
import { Batcher, type PublishedBatch, type Settle } from "./batcher.js";
import { CancelAllowance } from "./cancel-allowance.js";
import { CancelTriggers } from "./cancel-triggers.js";
import type { CancelTriggersStore } from "./cancel-triggers-store.js";
import { Door } from "./door.js";
import type { EntryMetrics } from "./entry-metrics.js";
import { LastPrices, type ReadLastPrices } from "./last-prices.js";
import { LogWatch } from "./log-watch.js";
import { LogWriter, type OrderLog } from "./log-writer.js";
import { OrderRates } from "./order-rates.js";
import { Poll } from "./poll.js";
import type { EntrySettings } from "./settings.js";
import { Shares } from "./shares.js";

export interface OrderEntryOptions {
  /** As clients are told it. */
  readonly service: "order-handler" | "gateway";
  readonly settings: EntrySettings;
  /** How long a client waits for Postgres to store its trigger. */
  readonly triggerTimeoutMs: number;
  readonly registry: AssetRegistry;
  readonly log: Logger;
  readonly orderLog: OrderLog & Pick<Bus, "streamBounds">;
  readonly access: Access;
  readonly cancelTriggers: CancelTriggersStore;
  /** The last log id that order-processing has processed, by asset. */
  readonly processedThrough: () => Promise<ReadonlyMap<string, LogId>>;
  readonly lastPrices: ReadLastPrices;
  readonly metrics: EntryMetrics;
}

/** How long stopping waits for the ends of sessions to be written down. */
const STOP_ENDS_MS = 2_000;

/** How often Postgres is asked how far the log is processed, while there is a backlog. */
const BACKLOG_INTERVAL_MS = 200;

const TIMER_UNAVAILABLE = refuse("UNAVAILABLE", "it is not known whether the timer is set; send it again");

export class OrderEntry {
  readonly #options: OrderEntryOptions;
  readonly #batcher: Batcher;
  readonly #logWatch: LogWatch;
  readonly #door: Door;
  readonly #backlog = new Backlog();
  readonly #backlogPoll: Poll;
  readonly #lastPrices: LastPrices;
  readonly #rates: OrderRates;
  readonly #cancels: CancelAllowance;
  readonly #shares = new Shares();
  /** Timers, and sessions that cancel when they end. */
  readonly triggers: CancelTriggers;
  /** What is said to whoever comes while the door is closed. */
  readonly shuttingDown: Refusal;

  constructor(options: OrderEntryOptions) {
    const { service, settings, registry, log, orderLog, metrics } = options;
    this.#options = options;
    this.#lastPrices = new LastPrices(registry, options.lastPrices, log);
    this.#rates = new OrderRates(settings.rates);
    this.#cancels = new CancelAllowance(settings.cancels);
    const clock = { nowMs: () => performance.now(), nowUs };
    this.#logWatch = new LogWatch(orderLog, log);
    const writer = new LogWriter(orderLog, this.#logWatch, settings.batcher, clock.nowMs);
    this.#batcher = new Batcher(writer, settings.batcher, clock, (batch) => this.#published(batch));
    const text = `this ${service} is stopping, nothing was logged; connect again`;
    this.shuttingDown = refuse("SHUTTING_DOWN", text);
    this.#door = new Door({
      access: options.access,
      logWatch: this.#logWatch,
      logWriter: writer,
      rates: this.#rates,
      cancels: this.#cancels,
      backlog: this.#backlog,
      batcher: this.#batcher,
      shares: this.#shares,
      limits: settings.door,
      shuttingDown: this.shuttingDown,
      nowMs: clock.nowMs,
    });
    const askBacklog = async () => this.#backlog.processed(await options.processedThrough());
    this.#backlogPoll = new Poll(BACKLOG_INTERVAL_MS, askBacklog, log, "it can't be told how far the log is processed");
    const answerTimeoutMs = options.triggerTimeoutMs;
    const { requestTimeoutMs } = settings.batcher;
    const { cancelTriggers: store } = options;
    this.triggers = new CancelTriggers({ store, answerTimeoutMs, requestTimeoutMs, nowMs: clock.nowMs, log });
    metrics.queue("log", () => this.#batcher.fills);
  }

  /** Call it before requests come in. Rejects if Postgres can't say how far the log is processed. */
  async prepare(): Promise<void> {
    this.#logWatch.processed(await this.#options.processedThrough());
    await this.#lastPrices.refresh(performance.now());
  }

  /** Call it when the port is open, which names this process among the doors; of several that serve one port, `instance` does. */
  opened({ host, port, instance }: { readonly host: string; readonly port: number; readonly instance?: string }): void {
    void this.triggers.start(`${hostname()}:${host}:${port}${instance === undefined ? "" : `/${instance}`}`);
  }

  /** A rate limit for one session. */
  newRate(): TokenBucket {
    return this.#rates.newSession(performance.now());
  }

  /** The outcome may come before it returns. `rate` is the request's session's. */
  submit(asset: string, request: OrderRequest, rate: TokenBucket, settle: Settle): void {
    this.#door.submit(asset, request, rate, settle);
  }

  /** Why the request would be refused now; null: it would go to the log. Nothing is counted or logged. */
  refusalOf(asset: string, request: OrderRequest): Refusal | null {
    return this.#door.refusalOf(asset, request);
  }

  /** Sets the account's dead man's switch. Never rejects; null: it is set. */
  async setTimer(accountId: AccountId, seconds: number, rate: TokenBucket): Promise<Refusal | null> {
    const refusal = this.#door.refuseTimer(accountId, rate);
    if (refusal !== null) return refusal;
    try {
      await this.triggers.setTimer(accountId, seconds);
      return null;
    } catch (err) {
      this.#options.log.warn({ err }, "a timer could not be set");
      return TIMER_UNAVAILABLE;
    }
  }

  /** Null: the asset has not traded, or its limits don't depend on the price. */
  lastPriceTicks(asset: string): PriceTicks | null {
    return this.#lastPrices.of(asset);
  }

  /** How long the account must wait before its next requests are taken. */
  waitMs(accountId: AccountId): number {
    return this.#shares.waitMs(accountId, performance.now());
  }

  /** Why the order log counts as lost; null: all is well. */
  whyLogIsLost(): string | null {
    return this.#logWatch.whyLost();
  }

  /** From now on refuses all requests. */
  close(): void {
    this.#door.close();
  }

  get isClosed(): boolean {
    return this.#door.isClosed;
  }

  /** Looks at all that is due. Call it every few hundred milliseconds. */
  sweep(): void {
    this.#batcher.sweep();
    this.triggers.sweep();
    const nowMs = performance.now();
    this.#logWatch.sweep(nowMs);
    void this.#lastPrices.refresh(nowMs);
    this.#rates.sweep(nowMs);
    this.#cancels.sweep(nowMs);
    this.#shares.sweep(nowMs);
    this.#options.metrics.swept({
      backlogMs: this.#backlog.oldestMs(nowMs),
      limitedAccounts: this.#shares.heldBack,
      isLogLost: this.whyLogIsLost() !== null,
    });
    if (!this.#backlog.isEmpty) void this.#backlogPoll.tick(nowMs);
  }

  /** Call it when no session is left, while `sweep` is still called: writes down which sessions ended. */
  async finish(): Promise<void> {
    await hasBecome(() => !this.triggers.hasUnwrittenEnds && this.#batcher.isIdle, { deadlineMs: STOP_ENDS_MS });
    if (this.triggers.hasUnwrittenEnds)
      this.#options.log.warn("ended sessions could not be written down; their orders go when their time is over");
  }

  #published(batch: PublishedBatch): void {
    const nowMs = performance.now();
    const accountIds = batch.requests.map(({ accountId }) => accountId);
    this.#backlog.logged(batch.asset, batch.last, accountIds, nowMs);
    for (const { accountId, body } of batch.requests) if (body.kind === "new") this.#cancels.ordered(accountId, nowMs);
    this.#shares.published(batch.publishMs);
    this.#options.metrics.published(batch);
  }
}
