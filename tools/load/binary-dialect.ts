/**
 * The binary dialect (protocol/order-entry.proto), by hand and for speed: the generator shares its cores with what it
 * measures. Knows only what a load test sends and gets.
 */
import type { PlannedOrder } from "./order-flow.js";
import type { Response, ResponseReader } from "./response.js";

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const LENGTH_BYTES = 4;
const FRAME_BYTES_MAX = 192;

// ClientMessage
const LOGIN = 2;
const NEW_ORDER = 3;
const CANCEL_ORDER = 4;
const REPLACE_ORDER = 5;
// ServerMessage
const LOGIN_ACCEPTED = 2;
const ACK = 3;
const REJECT = 4;
// Enumerations
const BUY = 1;
const SELL = 2;
const LIMIT = 1;
const STOP_LIMIT = 3;
const GTC = 1;
const IOC = 2;

class FrameWriter {
  readonly bytes = Buffer.allocUnsafe(FRAME_BYTES_MAX);
  length = LENGTH_BYTES;

  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  number(field: number, value: number): void {
    if (value === 0) return;
    this.varint(field * 8 + VARINT);
    this.varint(value);
  }

  text(field: number, value: Buffer): void {
    if (value.length === 0) return;
    this.varint(field * 8 + BYTES);
    this.varint(value.length);
    this.length += value.copy(this.bytes, this.length);
  }

  /** A nested message shorter than 128 bytes: its length takes one byte, which is filled in afterwards. */
  nested(field: number, write: () => void): void {
    this.varint(field * 8 + BYTES);
    const lengthAt = this.length++;
    write();
    const length = this.length - lengthAt - 1;
    if (length > 127) throw new RangeError(`a nested message of ${length} bytes is too long for this writer`);
    this.bytes[lengthAt] = length;
  }

  /** A copy: the socket keeps it until it is sent. */
  frame(): Buffer {
    this.bytes.writeUInt32BE(this.length - LENGTH_BYTES, 0);
    const frame = Buffer.allocUnsafe(this.length);
    this.bytes.copy(frame, 0, 0, this.length);
    this.length = LENGTH_BYTES;
    return frame;
  }
}

const writer = new FrameWriter();

export function binaryLogin(keyId: string, secret: string): Buffer {
  writer.nested(LOGIN, () => {
    writer.text(1, Buffer.from(keyId, "latin1"));
    writer.text(2, Buffer.from(secret, "latin1"));
  });
  return writer.frame();
}

export function binaryRequest(order: PlannedOrder, asset: Buffer, clientOrderId: string): Buffer {
  if (order.kind === "cancel")
    writer.nested(CANCEL_ORDER, () => {
      writer.text(1, asset);
      writer.number(2, order.orderId);
    });
  else if (order.kind === "replace")
    writer.nested(REPLACE_ORDER, () => {
      writer.text(1, asset);
      writer.number(2, order.orderId);
      writer.number(3, order.quantityLots);
      writer.number(4, order.priceTicks);
      writer.text(5, Buffer.from(clientOrderId, "latin1"));
    });
  else
    writer.nested(NEW_ORDER, () => {
      writer.text(1, Buffer.from(clientOrderId, "latin1"));
      writer.text(2, asset);
      writer.number(3, order.side === "buy" ? BUY : SELL);
      writer.number(4, order.kind === "stop" ? STOP_LIMIT : LIMIT);
      writer.number(5, order.kind === "crossing" ? IOC : GTC);
      writer.number(6, order.quantityLots);
      writer.number(7, order.priceTicks);
      if (order.kind === "stop") writer.number(8, order.stopPriceTicks);
      if (order.kind === "iceberg") writer.number(9, order.displayLots);
    });
  return writer.frame();
}

export class BinaryReader implements ResponseReader {
  #rest: Buffer = Buffer.alloc(0);
  #bytes: Buffer = this.#rest;
  #at = 0;
  readonly #response: Response = { kind: "other", logId: 0, code: 0, text: "" };

  push(bytes: Buffer, onResponse: (response: Response) => void): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let start = 0;
    while (all.length - start >= LENGTH_BYTES) {
      const end = start + LENGTH_BYTES + all.readUInt32BE(start);
      if (end > all.length) break;
      onResponse(this.#read(all, start + LENGTH_BYTES, end));
      start = end;
    }
    this.#rest = all.subarray(start);
  }

  #read(bytes: Buffer, start: number, end: number): Response {
    const response = this.#response;
    this.#bytes = bytes;
    this.#at = start;
    response.kind = "other";
    response.logId = 0;
    response.code = 0;
    response.text = "";
    this.#fields(end, (field, value, textEnd) => {
      if (field === LOGIN_ACCEPTED) response.kind = "login";
      else if (field === ACK || field === REJECT) this.#readBody(field, value, textEnd);
    });
    return response;
  }

  #readBody(body: number, start: number, end: number): void {
    const response = this.#response;
    response.kind = body === ACK ? "ack" : "reject";
    this.#at = start;
    this.#fields(end, (field, value, textEnd) => {
      if (field === 1 && body === ACK) response.logId = value;
      else if (field === 1) response.code = value;
      else if (field === 3 && body === REJECT) response.text = this.#bytes.toString("utf8", value, textEnd);
    });
  }

  /** Calls back with each field up to `end`: its value, or where its bytes start and end. */
  #fields(end: number, onField: (field: number, value: number, bytesEnd: number) => void): void {
    while (this.#at < end) {
      const tag = this.#varint();
      const wire = tag % 8;
      const value = wire === FIXED64 ? 0 : this.#varint();
      if (wire === VARINT) onField((tag - wire) / 8, value, 0);
      else if (wire === BYTES) {
        const next = this.#at + value;
        onField((tag - wire) / 8, this.#at, next);
        this.#at = next;
      } else throw new Error(`the order-handler sent a field of wire type ${wire}, which is not in the protocol`);
    }
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
}
