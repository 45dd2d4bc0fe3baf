import { type Bus, connectBus } from "../../src/shared/bus/bus.js";
import type { StreamName } from "../../src/shared/bus/subjects.js";
import { createLogger } from "../../src/shared/process/log.js";

export interface StreamMessages {
  readonly stream: StreamName;
  /** Below 1 where orders travel in batches; each message of a file stream is a sync. */
  readonly perOrder: number;
}

const HOPS: readonly StreamName[] = ["ORDERS", "COMMANDS", "EXECUTIONS", "NOTIFICATIONS"];

/**
 * How many messages each hop needed for a run's orders, by the streams' own sequences. What nats-server counts itself (with
 * acknowledgements, pulls and deliveries) is behind its monitoring port, which servers of `npm start` do not open.
 */
export class MessageCount {
  readonly #bus: Bus;
  readonly #before: readonly number[];

  private constructor(bus: Bus, before: readonly number[]) {
    this.#bus = bus;
    this.#before = before;
  }

  static async open(natsUrl: string): Promise<MessageCount> {
    const bus = await connectBus(natsUrl, { name: "load", log: createLogger("load", "silent") });
    return new MessageCount(bus, await lastSequences(bus));
  }

  async finish(orders: number): Promise<StreamMessages[]> {
    const after = await lastSequences(this.#bus);
    return HOPS.map((stream, hop) => ({
      stream,
      perOrder: ((after[hop] ?? 0) - (this.#before[hop] ?? 0)) / Math.max(1, orders),
    }));
  }

  async close(): Promise<void> {
    await this.#bus.close();
  }
}

/** 0 where there is no such stream: the handler alone has but its own. */
function lastSequences(bus: Bus): Promise<number[]> {
  return Promise.all(
    HOPS.map((stream) =>
      bus.streamBounds(stream).then(
        ({ last }) => last,
        () => 0,
      ),
    ),
  );
}
