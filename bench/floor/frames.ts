/** As much of the binary dialect (protocol/order-entry.proto) as the load generator speaks. Pure. */

export interface FloorRequest {
  readonly asset: string;
  /** A cancel names the order; 0: it is a new one. */
  readonly orderId: number;
  readonly isImmediate: boolean;
  readonly quantityLots: number;
  readonly priceTicks: number;
}

type Fields = readonly (number | string | undefined)[];

const LENGTH_BYTES = 4;
const BYTES = 2;
// ClientMessage
const LOGIN = 2;
const CANCEL_ORDER = 4;
// NewOrder
const [ASSET, TIME_IN_FORCE, QUANTITY, PRICE] = [2, 5, 6, 7];
const IOC = 2;

export const LOGIN_ACCEPTED = Buffer.from([0, 0, 0, 2, 0x12, 0]);

/** Calls back for each whole frame, and returns the rest: a login's key, or a request with its bytes. */
export function readFrames(
  bytes: Buffer,
  onLogin: (keyId: string) => void,
  onRequest: (request: FloorRequest, frame: Buffer) => void,
): Buffer {
  let at = 0;
  while (bytes.length - at >= LENGTH_BYTES) {
    const end = at + LENGTH_BYTES + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    const bodyAt = at + LENGTH_BYTES + 2; // the tag and the length of the only field take a byte each
    const body = (bytes[at + LENGTH_BYTES] ?? 0) >> 3;
    const fields = readFields(bytes, bodyAt, end);
    if (body === LOGIN) onLogin(fields[1] as string);
    else onRequest(body === CANCEL_ORDER ? cancelOf(fields) : orderOf(fields), bytes.subarray(at, end));
    at = end;
  }
  return bytes.subarray(at);
}

/** The frame that acknowledges a request. */
export function acknowledgement(logId: number): Buffer {
  const frame = Buffer.alloc(16);
  let at = 7;
  for (let rest = logId; ; rest = Math.floor(rest / 0x80)) {
    frame[at++] = rest >= 0x80 ? (rest % 0x80) | 0x80 : rest;
    if (rest < 0x80) break;
  }
  frame.set([at - LENGTH_BYTES, 0x1a, at - LENGTH_BYTES - 2, 0x08], 3);
  return frame.subarray(0, at);
}

function orderOf(fields: Fields): FloorRequest {
  return {
    asset: fields[ASSET] as string,
    orderId: 0,
    isImmediate: fields[TIME_IN_FORCE] === IOC,
    quantityLots: fields[QUANTITY] as number,
    priceTicks: fields[PRICE] as number,
  };
}

function cancelOf(fields: Fields): FloorRequest {
  return {
    asset: fields[1] as string,
    orderId: fields[2] as number,
    isImmediate: false,
    quantityLots: 0,
    priceTicks: 0,
  };
}

/** Values by field number: numbers of varints, texts of bytes. */
function readFields(bytes: Buffer, from: number, end: number): Fields {
  const fields: (number | string | undefined)[] = [];
  let at = from;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < end) {
    const tag = varint();
    const value = varint();
    fields[tag >> 3] = (tag & 7) === BYTES ? bytes.toString("latin1", at, at + value) : value;
    if ((tag & 7) === BYTES) at += value;
  }
  return fields;
}
