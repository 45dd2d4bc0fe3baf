/** The binary dialect: frames of protobuf (protocol/order-entry.proto). */
import { decodeClientMessage, encodeServerMessage } from "../shared/requests/order-entry-codec.js";
import type { RequestRules } from "../shared/requests/order-rules.js";
import type { Answered, Dialect } from "./dialect.js";

const LENGTH_BYTES = 4;
const NOTHING = new Uint8Array(0);

export function binaryDialect(rules: RequestRules): Dialect {
  return {
    read: (framed) => decodeClientMessage(framed.kind === "frame" ? framed.body : NOTHING, rules),
    write: (answered) => frames(answered.map(encode)),
  };
}

function encode({ exchange, response }: Answered): Uint8Array {
  // Only requests of the text dialect are answered in words.
  if (response.kind === "say") return NOTHING;
  return encodeServerMessage(exchange.requestId, exchange.clientOrderId, response);
}

/** All bodies as frames in one buffer, for one write. */
function frames(bodies: readonly Uint8Array[]): Buffer {
  let bytes = 0;
  for (const body of bodies) bytes += LENGTH_BYTES + body.length;
  const all = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const body of bodies) {
    at = all.writeUInt32BE(body.length, at);
    all.set(body, at);
    at += body.length;
  }
  return all;
}
