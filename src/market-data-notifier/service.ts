import type { Bus } from "../shared/bus/bus.js";
import type { BusReader, InputMessage } from "../shared/bus/reader.js";
import { assetOf } from "../shared/bus/subjects.js";
import { CodecError } from "../shared/domain/errors.js";
import { nowUs } from "../shared/process/clock.js";
import type { Logger } from "../shared/process/log.js";
import { TOPOLOGY } from "../shared/stage/topology.js";
import { decodeNotificationBatch } from "../shared/wire/pipeline-codec.js";
import type { Channel } from "./channels/channel.js";
import { FlushPacer } from "./flush-pacer.js";
import type { KeptBytes } from "./kept-bytes.js";
import type { NotifierMetrics } from "./notifier-metrics.js";

export interface NotifierOptions {
  readonly bus: Bus;
  readonly channels: readonly Channel[];
  readonly connections: { cutSlowClients(): void; giveBack(bytes: number): void };
  readonly kept: Pick<KeptBytes, "excess">;
  readonly isDatabaseReady: () => boolean;
  readonly limits: { readonly natsReplicas: number; readonly reconcileMs: number };
  readonly log: Logger;
  readonly metrics: Pick<NotifierMetrics, "lag">;
}

const PENDING_MESSAGES_MAX = 1_024;
/** Messages decoded before a flush, so that no turn of the loop gets long. */
const MESSAGES_PER_FLUSH_MAX = 64;

/** Moves what is settled from the stream to the channels, and from them to those who listen. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #pacer = new FlushPacer(() => this.flush());
  #reader: BusReader | null = null;
  #reconciling: NodeJS.Timeout | undefined;
  #isReconciling = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Live first, then the database: what both have is dropped by its number, and nothing falls between. */
  async start(): Promise<void> {
    const { bus, channels, limits } = this.#options;
    const { input: stream } = TOPOLOGY["market-data-notifier"];
    const { last } = await bus.streamBounds(stream);
    this.#reader = bus.read({
      stream,
      subject: "notifications.>",
      afterSequence: last,
      pendingMessagesMax: PENDING_MESSAGES_MAX,
      onAvailable: () => this.#pacer.request(),
    });
    const flushAll = () => {
      while (this.flush());
    };
    for (const channel of channels) await channel.start(flushAll);
    bus.onConnectionChange((connected) => {
      if (connected) void this.#reconnected();
    });
    this.#reconciling = setInterval(() => void this.#reconcile(), limits.reconcileMs);
    this.#pacer.request();
  }

  async stop(): Promise<void> {
    clearInterval(this.#reconciling);
    for (const channel of this.#options.channels) channel.stop();
    await this.#reader?.close();
    this.#pacer.stop();
  }

  /** Sends everything that is in order; true: there is more. */
  flush(): boolean {
    const { channels, connections, metrics } = this.#options;
    let hasMore = this.#takeInput();
    const toldAtUs = nowUs();
    for (const channel of channels) {
      const label = { channel: channel.name };
      const hasMoreOfIt = channel.flush((matchedAtUs) => metrics.lag.observe(label, (toldAtUs - matchedAtUs) / 1e6));
      hasMore ||= hasMoreOfIt;
    }
    connections.cutSlowClients();
    this.#keepToBudget();
    return hasMore;
  }

  /** What can be read from the database again goes first, then what the slowest have not read. */
  #keepToBudget(): void {
    const { channels, connections, kept } = this.#options;
    for (const holder of [...channels, connections]) if (kept.excess > 0) holder.giveBack(kept.excess);
  }

  #takeInput(): boolean {
    const messages = this.#reader?.take(MESSAGES_PER_FLUSH_MAX) ?? [];
    for (const message of messages) this.#offer(message);
    return (this.#reader?.pendingMessages ?? 0) > 0;
  }

  /** A message that can't be read is a hole like any other: what it told is in the database. */
  #offer({ subject, streamSequence, data }: InputMessage): void {
    try {
      const batch = decodeNotificationBatch(data);
      for (const channel of this.#options.channels) channel.offer(assetOf(subject), batch);
      if (batch.resync) void this.#reconcile();
    } catch (err) {
      if (!(err instanceof CodecError)) throw err;
      this.#options.log.error({ err, subject, streamSequence }, "a notification can't be read");
    }
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
    const { channels, isDatabaseReady, log } = this.#options;
    if (this.#isReconciling || !isDatabaseReady()) return;
    this.#isReconciling = true;
    try {
      for (const channel of channels) await channel.reconcile();
    } catch (err) {
      log.warn({ err }, "the last sequences can't be read from the database");
    } finally {
      this.#isReconciling = false;
    }
  }
}
