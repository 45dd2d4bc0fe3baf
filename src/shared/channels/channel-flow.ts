import type { Bus } from "../bus/bus.js";
import type { BusReader, InputMessage } from "../bus/reader.js";
import { assetOf, type StreamName } from "../bus/subjects.js";
import type { Asset, GrowingRegistry } from "../domain/assets.js";
import { CodecError } from "../domain/errors.js";
import type { NotificationBatch } from "../domain/reports.js";
import type { DepthFeed } from "../market-data/depth-feed.js";
import { nowUs } from "../process/clock.js";
import type { Logger } from "../process/log.js";
import { decodeNotificationBatch } from "../wire/pipeline-codec.js";
import type { Channel } from "./channel.js";
import type { ChannelMetrics } from "./channel-metrics.js";
import { FlushPacer } from "./flush-pacer.js";
import type { KeptBytes } from "./kept-bytes.js";

/** A part of this process that hears of notifications. Neither may throw. */
export interface NotificationsFollower {
  /** A notification, once what the channels have of it is flushed. */
  settled(asset: string, batch: NotificationBatch): void;
  /** Notifications may have been missed before the next one: the connection changed, some are gone, or one can't be read. */
  doubt(): void;
}

export interface ChannelFlowOptions {
  readonly registry: Pick<GrowingRegistry, "assets" | "onNew">;
  readonly bus: Bus;
  readonly stream: StreamName;
  readonly channels: readonly Channel[];
  readonly depth: DepthFeed;
  readonly connections: {
    /** Whether packets for many are still on their way out. */
    readonly isDelivering: boolean;
    /** Takes what is called when the last of them is out. */
    onDelivered(call: () => void): void;
    cutSlowClients(): void;
    giveBack(bytes: number): void;
  };
  readonly kept: Pick<KeptBytes, "excess">;
  readonly isDatabaseReady: () => boolean;
  readonly limits: { readonly natsReplicas: number | null; readonly reconcileMs: number };
  readonly log: Logger;
  readonly metrics: Pick<ChannelMetrics, "lag">;
}

const PENDING_MESSAGES_MAX = 1_024;
/** Messages decoded before a flush at most, so that no turn of the event loop gets long. */
const MESSAGES_PER_FLUSH_MAX = 64;

/** Passes notifications from the stream to the channels, and flushes the channels to their subscribers. */
export class ChannelFlow {
  readonly #options: ChannelFlowOptions;
  readonly #pacer = new FlushPacer(() => this.#flush(this.#isStopping || !this.#options.connections.isDelivering));
  #reader: BusReader | null = null;
  #reconciling: NodeJS.Timeout | undefined;
  #isReconciling = false;
  #hasStarted = false;
  readonly #followers: NotificationsFollower[] = [];
  #settled: [asset: string, batch: NotificationBatch][] = [];
  #lastSequence = 0;
  #isStopping = false;

  constructor(options: ChannelFlowOptions) {
    this.#options = options;
    options.connections.onDelivered(() => this.#pacer.request());
    options.registry.onNew((asset) => this.#takeUp(asset));
  }

  /** What was told of it before it was known here is missing in the channels' sequences, and read. */
  #takeUp(asset: Asset): void {
    for (const channel of this.#options.channels) channel.takeUp?.(asset);
    if (this.#hasStarted) void this.#reconcile();
  }

  /** Reads the stream first and the database then, so that nothing is missed; channels drop duplicates by their number. */
  async start(): Promise<void> {
    const { bus, stream, channels, depth, limits } = this.#options;
    const { last } = await bus.streamBounds(stream);
    this.#lastSequence = last;
    this.#reader = bus.read({
      stream,
      subject: "notifications.>",
      afterSequence: last,
      pendingMessagesMax: PENDING_MESSAGES_MAX,
      onAvailable: () => this.#pacer.request(),
    });
    await depth.start(() => this.#pacer.request());
    const flushAll = () => {
      while (this.flush());
    };
    for (const channel of channels) await channel.start(flushAll);
    this.#hasStarted = true;
    bus.onConnectionChange((connected) => {
      this.#doubt();
      if (connected) void this.#reconnected();
    });
    this.#reconciling = setInterval(() => void this.#reconcile(), limits.reconcileMs);
    this.#pacer.request();
  }

  /** How full the room for notifications is that were not looked at yet; 1: the others wait in the server. */
  get inputFill(): number {
    return this.#reader?.fill ?? 0;
  }

  followNotifications(follower: NotificationsFollower): void {
    this.#followers.push(follower);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#reconciling);
    for (const channel of this.#options.channels) channel.stop();
    await this.#options.depth.stop();
    await this.#reader?.close();
    this.#pacer.stop();
  }

  /** Sends all items that are in sequence; true: there are more. Before all channels have started nothing moves. */
  flush(): boolean {
    return this.#flush(true);
  }

  /** Own reports go first; public data only when the last of it is out, so what comes in faster makes packets larger, not more. */
  #flush(withPublic: boolean): boolean {
    if (!this.#hasStarted) return false;
    const { channels, connections, depth, metrics } = this.#options;
    let hasMore = this.#takeInput();
    hasMore = depth.take() || hasMore;
    const toldAtUs = nowUs();
    for (const isPrivate of withPublic ? [true, false] : [true])
      for (const channel of channels) {
        if (channel.isPrivate !== isPrivate) continue;
        const label = { channel: channel.name };
        const hasMoreOfIt = channel.flush((matchedAtUs) => metrics.lag.observe(label, (toldAtUs - matchedAtUs) / 1e6));
        hasMore ||= hasMoreOfIt;
      }
    for (const settled of this.#settled.splice(0)) for (const one of this.#followers) one.settled(...settled);
    connections.cutSlowClients();
    this.#keepToBudget();
    return hasMore;
  }

  /** Keeps to the memory budget: first gives back what the database has, too, then the queues of the slowest clients. */
  #keepToBudget(): void {
    const { channels, connections, kept } = this.#options;
    for (const holder of [...channels, connections]) if (kept.excess > 0) holder.giveBack(kept.excess);
  }

  #takeInput(): boolean {
    const messages = this.#reader?.take(MESSAGES_PER_FLUSH_MAX) ?? [];
    for (const message of messages) this.#offer(message);
    return (this.#reader?.pendingMessages ?? 0) > 0;
  }

  /**
   * Offers a message to the channels. One that can't be decoded, or is of an asset that was just created and is not known here yet,
   * leaves a hole, which channels fill from the database.
   */
  #offer({ subject, streamSequence, data }: InputMessage): void {
    if (streamSequence !== this.#lastSequence + 1) this.#doubt();
    this.#lastSequence = streamSequence;
    try {
      const batch = decodeNotificationBatch(data);
      const asset = assetOf(subject);
      if (!this.#options.registry.assets.has(asset)) {
        this.#doubt();
        return;
      }
      for (const channel of this.#options.channels) channel.offer(asset, batch);
      if (this.#followers.length > 0) this.#settled.push([asset, batch]);
      if (batch.resync) void this.#reconcile();
    } catch (err) {
      if (!(err instanceof CodecError)) throw err;
      this.#doubt();
      this.#options.log.error({ err, subject, streamSequence }, "a notification can't be read");
    }
  }

  #doubt(): void {
    for (const follower of this.#followers) follower.doubt();
  }

  /** Creates the streams that live in memory again: a restarted server has lost them. */
  async #reconnected(): Promise<void> {
    try {
      await this.#options.bus.ensureStreams(this.#options.limits.natsReplicas, "memory");
    } catch (err) {
      this.#options.log.warn({ err }, "the streams can't be checked; the reader tries until they are there");
    }
    this.#options.depth.reconnected();
    await this.#reconcile();
  }

  /** Asks the database for the last sequences: so a lost notification is noticed also if none follows it. */
  async #reconcile(): Promise<void> {
    const { channels, isDatabaseReady, log } = this.#options;
    if (this.#isReconciling || !isDatabaseReady()) return;
    this.#isReconciling = true;
    try {
      for (const channel of channels) await channel.reconcile();
      this.#pacer.request();
    } catch (err) {
      log.warn({ err }, "the last sequences can't be read from the database");
    } finally {
      this.#isReconciling = false;
    }
  }
}
