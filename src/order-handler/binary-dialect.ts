import { decodeClientMessage, encodeServerMessage } from "../shared/requests/order-entry-codec.js";
import type { RequestRules } from "../shared/requests/order-rules.js";
import type { Dialect, Exchange } from "./dialect.js";

const LENGTH_BYTES = 4;
const NOTHING = new Uint8Array(0);

export function binaryDialect(rules: RequestRules): Dialect {
  return {
    read: (framed) => decodeClientMessage(framed.kind === "frame" ? framed.body : NOTHING, rules),
    write: (exchanges) => frames(exchanges.map(encode)),
  };
}

function encode({ requestId, clientOrderId, response }: Exchange): Uint8Array {
  // Only text asks what is answered in words.
  if (response === null || response.kind === "say") return NOTHING;
  return encodeServerMessage(requestId, clientOrderId, response);
}

/** One buffer for one write. */
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
