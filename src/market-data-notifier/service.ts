import type { Bus } from "../shared/bus/bus.js";
import type { BusReader, InputMessage } from "../shared/bus/reader.js";
import { assetOf } from "../shared/bus/subjects.js";
import type { AssetRegistry } from "../shared/domain/assets.js";
import { CodecError } from "../shared/domain/errors.js";
import { nowUs } from "../shared/process/clock.js";
import type { Logger } from "../shared/process/log.js";
import { decodeNotificationBatch } from "../shared/wire/pipeline-codec.js";
import { BalancesChannel } from "./channels/balances-channel.js";
import { GapFiller } from "./channels/gap-filler.js";
import { OrdersChannel } from "./channels/orders-channel.js";
import { TradesChannel } from "./channels/trades-channel.js";
import type { Rooms } from "./connections/listener.js";
import { Subscriptions } from "./connections/subscriptions.js";
import { FlushPacer } from "./flush-pacer.js";
import type { NotifierMetrics } from "./notifier-metrics.js";
import type { NotifierStore } from "./notifier-store.js";

export interface NotifierOptions {
  readonly registry: AssetRegistry;
  readonly bus: Bus;
  readonly store: NotifierStore;
  readonly isDatabaseReady: () => boolean;
  readonly rooms: Rooms & { cutSlowClients(): void };
  readonly limits: {
    readonly natsReplicas: number;
    readonly subscriptionsPerConnectionMax: number;
    readonly holeWaitMs: number;
    readonly reconcileMs: number;
    readonly catchUpsMax: number;
  };
  readonly log: Logger;
  readonly metrics: NotifierMetrics;
}

const PENDING_MESSAGES_MAX = 1_024;
/** Messages decoded before a flush, so that no turn of the loop gets long. */
const MESSAGES_PER_FLUSH_MAX = 64;
const GAP_CHECK_MS = 100;
const GAP_RETRY_MS = 500;
const FILLS_AT_ONCE_MAX = 2;
/** An account's balances are read at most once in this time, however often they change. */
const BALANCES_INTERVAL_MS = 100;

/** Moves what is settled from the stream (or, where that has holes, from the database) to those who listen. */
export class Notifier {
  readonly subscriptions: Subscriptions;
  readonly #options: NotifierOptions;
  readonly #trades: TradesChannel;
  readonly #orders: OrdersChannel;
  readonly #balances: BalancesChannel;
  readonly #gapFiller: GapFiller;
  readonly #pacer = new FlushPacer(() => this.#flush());
  readonly #timers: NodeJS.Timeout[] = [];
  #reader: BusReader | null = null;
  #isReconciling = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    const { registry, rooms, store, log, metrics, limits, isDatabaseReady } = options;
    this.#trades = new TradesChannel(registry.assets, rooms, store);
    const render = store.render.bind(store);
    this.#orders = new OrdersChannel({ rooms, source: store, render, catchUpsMax: limits.catchUpsMax, log });
    this.#balances = new BalancesChannel({ rooms, source: store, log });
    this.subscriptions = new Subscriptions({
      trades: this.#trades,
      orders: this.#orders,
      balances: this.#balances,
      knownAssets: registry.assets,
      perConnectionMax: limits.subscriptionsPerConnectionMax,
      isDatabaseReady,
      flush: () => void this.#flush(),
      metrics,
    });
    this.#gapFiller = new GapFiller({
      holeWaitMs: limits.holeWaitMs,
      retryMs: GAP_RETRY_MS,
      fillsAtOnceMax: FILLS_AT_ONCE_MAX,
      log,
      onFilled: () => {
        metrics.gapsFilled.inc();
        this.#pacer.request();
      },
    });
  }

  /** Live first, then the database: what both have is dropped by its number, and nothing falls between. */
  async start(): Promise<void> {
    const { bus, limits } = this.#options;
    const { last } = await bus.streamBounds("NOTIFICATIONS");
    this.#reader = bus.read({
      stream: "NOTIFICATIONS",
      subject: "notifications.>",
      afterSequence: last,
      pendingMessagesMax: PENDING_MESSAGES_MAX,
      onAvailable: () => this.#pacer.request(),
    });
    await this.#trades.start();
    bus.onConnectionChange((connected) => {
      if (connected) void this.#reconnected();
    });
    this.#timers.push(
      setInterval(() => this.#checkGaps(), GAP_CHECK_MS),
      setInterval(() => void this.#balances.refresh(), BALANCES_INTERVAL_MS),
      setInterval(() => void this.#reconcile(), limits.reconcileMs),
    );
    this.#pacer.request();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#reader?.close();
    this.#pacer.stop();
  }

  /** Sends everything that is in order; true: there is more. */
  #flush(): boolean {
    const { metrics, rooms } = this.#options;
    const hasMoreInput = this.#takeInput();
    const toldAtUs = nowUs();
    const hasMoreTrades = this.#trades.flush((us) => metrics.lag.observe({ channel: "trades" }, (toldAtUs - us) / 1e6));
    const hasMoreReports = this.#orders.flush((us) =>
      metrics.lag.observe({ channel: "orders" }, (toldAtUs - us) / 1e6),
    );
    rooms.cutSlowClients();
    return hasMoreInput || hasMoreTrades || hasMoreReports;
  }

  #takeInput(): boolean {
    const messages = this.#reader?.take(MESSAGES_PER_FLUSH_MAX) ?? [];
    for (const message of messages) this.#offer(message);
    return (this.#reader?.pendingMessages ?? 0) > 0;
  }

  /** A message that can't be read is a hole like any other: what it told is in the database. */
  #offer({ subject, streamSequence, data }: InputMessage): void {
    try {
      const { trades, reports, resync } = decodeNotificationBatch(data);
      this.#trades.offer(assetOf(subject), trades);
      this.#orders.offer(assetOf(subject), reports);
      for (const { accountId } of reports) this.#balances.changed(accountId);
      if (resync) void this.#reconcile();
    } catch (err) {
      if (!(err instanceof CodecError)) throw err;
      this.#options.log.error({ err, subject, streamSequence }, "a notification can't be read");
    }
  }

  #checkGaps(): void {
    this.#options.metrics.catchUps.set(this.#orders.catchUps);
    this.#gapFiller.check([...this.#trades.gaps(), ...this.#orders.gaps()], performance.now());
  }

  /** NOTIFICATIONS lives in memory: a server that was restarted has none, and what it held was lost. */
  async #reconnected(): Promise<void> {
    try {
      await this.#options.bus.ensureStreams(this.#options.limits.natsReplicas, "memory");
    } catch (err) {
      this.#options.log.warn({ err }, "the streams can't be checked; the reader tries until they are there");
    }
    await this.#reconcile();
  }

  /** Learns how far the database is, so that what was lost, and followed by nothing, is seen to be missing. */
  async #reconcile(): Promise<void> {
    const { store, isDatabaseReady, log } = this.#options;
    if (this.#isReconciling || !isDatabaseReady()) return;
    this.#isReconciling = true;
    try {
      for (const { asset, tradeId } of await store.lastTradeIds()) this.#trades.knowUpTo(asset, tradeId);
      for (const { accountId, accountSequence } of await store.lastAccountSequences(this.#orders.accountIds))
        this.#orders.knowUpTo(accountId, accountSequence);
      // What comes in and goes out has no report.
      this.#balances.allChanged();
    } catch (err) {
      log.warn({ err }, "the last sequences can't be read from the database");
    } finally {
      this.#isReconciling = false;
    }
  }
}
