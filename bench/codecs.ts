/** What it costs to put a batch on the wire between two services, and to read it there. */
import { createEngine } from "@bourse/matching-core";
import type { Command, OrderRequest } from "../src/shared/domain/messages.js";
import { accountId, commandSequence, epochUs, logId } from "../src/shared/domain/units.js";
import {
  decodeCommandBatch,
  decodeExecutionBatch,
  decodeOrderBatch,
  encodeCommandBatch,
  encodeExecutionBatch,
  encodeOrderBatch,
} from "../src/shared/wire/pipeline-codec.js";
import { limitOrder } from "../test/support/order-terms.js";
import { medianOf } from "../tools/load/percentile.js";
import { ENGINE_OPTIONS } from "./bourse-engine.js";
import { type BenchSize, elapsedNs, type Measurement } from "./measurement.js";

const BATCH = 256;
const ROUNDS = 400;

export function measureCodecs({ runs, isSmoke }: BenchSize): Measurement[] {
  const rounds = isSmoke ? 2 : ROUNDS;
  const requests = Array.from({ length: BATCH }, (_, i) => requestOf(i));
  const commands = requests.map(commandOf);
  const engine = createEngine(ENGINE_OPTIONS);
  for (const command of commands) engine.execute(command);
  const through = { throughEvent: engine.lastEventSequence, throughCommand: engine.lastCommandSequence };
  const events = { ...engine.events.take(), ...through };
  const [orderBytes, commandBytes] = [encodeOrderBatch(requests), encodeCommandBatch(commands)];
  const eventBytes = encodeExecutionBatch(events);
  const eventCount = decodeExecutionBatch(eventBytes).events.length;
  const measure = (stream: string, unit: string, items: number, work: () => unknown): Measurement => {
    const rates = Array.from({ length: runs + 1 }, () => {
      const ns = elapsedNs(() => {
        for (let round = 0; round < rounds; round++) work();
      });
      return ((items * rounds) / ns) * 1_000;
    });
    return { bench: "codec", stream, engine: "bourse", unit, value: medianOf(rates.slice(1)), runs, hash: null };
  };
  const [encoded, decoded] = ["million/s encoded", "million/s decoded"];
  return [
    measure("requests (protobuf)", encoded, BATCH, () => encodeOrderBatch(requests)),
    measure("requests (protobuf)", decoded, BATCH, () => decodeOrderBatch(orderBytes)),
    measure("commands (protobuf)", encoded, BATCH, () => encodeCommandBatch(commands)),
    measure("commands (protobuf)", decoded, BATCH, () => decodeCommandBatch(commandBytes)),
    measure("events (rows)", encoded, eventCount, () => encodeExecutionBatch(events)),
    measure("events (rows)", decoded, eventCount, () => decodeExecutionBatch(eventBytes)),
  ];
}

/** Every other order trades with the one before it. */
function requestOf(index: number): OrderRequest {
  const [side, clientOrderId] = [index % 2 === 0 ? "buy" : "sell", `client-order-${index}`] as const;
  const body = limitOrder(side, 100 + index, 6_400_000 + (index % 7), { clientOrderId });
  return { accountId: accountId(1 + index), receivedAtUs: epochUs(1_700_000_000_000_000 + index), body };
}

function commandOf({ accountId, receivedAtUs, body }: OrderRequest, index: number): Command {
  const [sequence, id] = [commandSequence(index + 1), logId(256_000_000 + index)];
  return { commandSequence: sequence, logId: id, accountId, receivedAtUs, atUs: receivedAtUs, body };
}
