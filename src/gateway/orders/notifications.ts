import type { Bus } from "../../shared/bus/bus.js";
import type { BusReader } from "../../shared/bus/reader.js";
import { assetOf } from "../../shared/bus/subjects.js";
import { CodecError } from "../../shared/domain/errors.js";
import type { Logger } from "../../shared/process/log.js";
import { decodeNotificationBatch } from "../../shared/wire/pipeline-codec.js";
import type { Results } from "./results.js";

const PENDING_MESSAGES_MAX = 1_024;

/** Passes notifications to the answers that wait for a result. */
export class Notifications {
  readonly #bus: Bus;
  readonly #results: Results;
  readonly #replicas: number;
  readonly #log: Logger;
  #reader: BusReader | null = null;

  constructor(bus: Bus, results: Results, replicas: number, log: Logger) {
    this.#bus = bus;
    this.#results = results;
    this.#replicas = replicas;
    this.#log = log;
  }

  async start(): Promise<void> {
    const { last } = await this.#bus.streamBounds("NOTIFICATIONS");
    this.#reader = this.#bus.read({
      stream: "NOTIFICATIONS",
      subject: "notifications.>",
      afterSequence: last,
      pendingMessagesMax: PENDING_MESSAGES_MAX,
      onAvailable: () => this.#take(),
    });
    this.#bus.onConnectionChange((connected) => {
      this.#results.doubt();
      if (connected) void this.#reconnected();
    });
  }

  async stop(): Promise<void> {
    await this.#reader?.close();
  }

  #take(): void {
    for (const { subject, data } of this.#reader?.take(PENDING_MESSAGES_MAX) ?? []) {
      try {
        this.#results.settled(assetOf(subject), decodeNotificationBatch(data));
      } catch (err) {
        if (!(err instanceof CodecError)) throw err;
        this.#results.doubt();
        this.#log.error({ err, subject }, "a notification can't be read");
      }
    }
  }

  /** The stream lives in memory: a restarted server has lost it. */
  async #reconnected(): Promise<void> {
    try {
      await this.#bus.ensureStreams(this.#replicas, "memory");
    } catch (err) {
      this.#log.warn({ err }, "the streams can't be checked; the reader tries until they are there");
    }
  }
}
