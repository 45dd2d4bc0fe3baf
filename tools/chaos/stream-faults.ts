/** What can happen to the streams and to the messages on their way. */

import { connect, type JetStreamManager } from "nats";
import { ERROR_CODES } from "../../src/shared/bus/error-codes.js";
import { errorCodeOf } from "../../src/shared/bus/nats.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { type Fault, GROWTH_MAX_MB } from "./fault.js";
import { type Copies, NatsAnswers } from "./nats-answers.js";
import { refusal } from "./refusal.js";
import type { World } from "./world.js";

/** Room for a few messages more. */
const ROOM_BYTES = 4_096;
const LOSE_ONE_IN = 20;

/** As an operator would, who reaches around the pipeline. */
async function managing(world: World, work: (manager: JetStreamManager) => Promise<void>): Promise<void> {
  const connection = await connect({ servers: world.nats.url });
  try {
    await work(await connection.jetstreamManager());
  } finally {
    await connection.close();
  }
}

function fullStream(stream: "ORDERS" | "COMMANDS" | "EXECUTIONS", forMs: number): Fault {
  const isIntake = stream === "ORDERS";
  return {
    name: `full-${stream.toLowerCase()}`,
    how: `the stream ${stream} is full (max_bytes) for ${forMs / 1000} s`,
    meanwhile: isIntake ? "BUSY" : "reports wait",
    mayRefuse: ["BUSY"],
    ...(isIntake ? { mustRefuse: "BUSY" as const } : {}),
    measure: isIntake ? "ack" : "report",
    recoversWithinMs: 60_000,
    lastsMs: forMs,
    growthMaxMb: GROWTH_MAX_MB,
    inject: (world) =>
      managing(world, async ({ streams }) => {
        const { config, state } = await streams.info(stream);
        await streams.update(stream, { ...config, max_bytes: state.bytes + ROOM_BYTES });
        await Promise.all([pausedFor(forMs), isIntake && refusal(world, "BUSY")]);
        await streams.update(stream, config);
        world.load.recovery.mark();
      }),
  };
}

const deletedConsumers: Fault = {
  name: "consumers-deleted",
  how: "every consumer of every stream is deleted",
  meanwhile: "reports wait",
  measure: "report",
  recoversWithinMs: 60_000,
  lastsMs: 0,
  growthMaxMb: GROWTH_MAX_MB,
  inject: (world) =>
    managing(world, async ({ streams, consumers }) => {
      for (const stream of await streams.names().next())
        for (const { name } of await consumers.list(stream).next())
          await consumers.delete(stream, name).catch((error: unknown) => {
            if (errorCodeOf(error) !== ERROR_CODES.CONSUMER_NOT_FOUND) throw error; // its reader was done meanwhile
          });
      world.load.recovery.mark();
    }),
};

/** What nats-server says to the services, changed for a time; both changes break the connections. */
function changedAnswers(
  about: Pick<Fault, "name" | "how" | "meanwhile" | "measure">,
  forMs: number,
  copies: (random: (below: number) => number) => Copies,
): Fault {
  return {
    ...about,
    recoversWithinMs: 60_000,
    lastsMs: forMs,
    isProxied: true,
    growthMaxMb: GROWTH_MAX_MB,
    inject: async ({ proxies: { nats }, load }, random) => {
      nats.toClient = () => new NatsAnswers(copies(random));
      nats.cutAll();
      await pausedFor(forMs);
      nats.toClient = null;
      nats.cutAll();
      load.recovery.mark();
    },
  };
}

const lostAcknowledgements = (forMs: number) =>
  changedAnswers(
    {
      name: "acks-lost",
      how: `one of ${LOSE_ONE_IN} acknowledgements of publishes never arrives, for ${forMs / 1000} s`,
      meanwhile: "UNKNOWN_OUTCOME; requests take longer",
      measure: "ack",
    },
    forMs,
    (random) => {
      return ({ payload }) => (payload.includes('{"stream":') && random(LOSE_ONE_IN) === 0 ? 0 : 1);
    },
  );

const thriceDelivered = (forMs: number) =>
  changedAnswers(
    {
      name: "delivered-thrice",
      how: `every message of a stream arrives three times, for ${forMs / 1000} s`,
      meanwhile: "reports take longer",
      measure: "report",
    },
    forMs,
    () => {
      return ({ reply }) => (reply.startsWith("$JS.ACK.") ? 3 : 1);
    },
  );

export const STREAM_FAULTS: readonly Fault[] = [
  fullStream("ORDERS", 3_000),
  fullStream("COMMANDS", 3_000),
  fullStream("EXECUTIONS", 3_000),
  deletedConsumers,
  lostAcknowledgements(10_000),
  thriceDelivered(10_000),
];

export const SHORT_STREAM_FAULTS: readonly Fault[] = [
  fullStream("ORDERS", 1_000),
  deletedConsumers,
  lostAcknowledgements(2_000),
  thriceDelivered(2_000),
];
