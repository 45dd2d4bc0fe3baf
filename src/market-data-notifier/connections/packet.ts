/** A packet for many connections: an event as the text and the bytes in which each of them gets it, made once. */
export class Packet {
  /** As Socket.IO writes an event. */
  readonly text: string;
  /** What Engine.IO takes with `write`: the frame is ready, also where the packet has to wait. */
  readonly options: { readonly wsPreEncodedFrame: readonly [Buffer] };
  readonly alone: Packets;

  constructor(event: string, payload: object) {
    this.text = `2${JSON.stringify([event, payload])}`;
    this.options = { wsPreEncodedFrame: [frameOf(`4${this.text}`)] };
    this.alone = new Packets(null, this);
  }
}

/**
 * Packets that connections get in this order, as the bytes of one write. Connections that get the same packets share them: what
 * follows a list is one list, whoever gets it.
 */
export class Packets {
  readonly count: number;
  readonly #before: Packets | null;
  readonly #last: Packet;
  readonly #followed = new Map<Packet, Packets>();
  #bytes: Buffer | null = null;

  constructor(before: Packets | null, last: Packet) {
    this.count = (before?.count ?? 0) + 1;
    this.#before = before;
    this.#last = last;
  }

  followedBy(packet: Packet): Packets {
    const known = this.#followed.get(packet);
    if (known !== undefined) return known;
    const packets = new Packets(this, packet);
    this.#followed.set(packet, packets);
    return packets;
  }

  /** The WebSocket frames, one after the other. */
  get bytes(): Buffer {
    const [frame] = this.#last.options.wsPreEncodedFrame;
    this.#bytes ??= this.#before === null ? frame : Buffer.concat([this.#before.bytes, frame]);
    return this.#bytes;
  }

  each(take: (packet: Packet) => void): void {
    this.#before?.each(take);
    take(this.#last);
  }
}

const LAST_TEXT_FRAME = 0x81;

/** A whole text message of a server (RFC 6455, 5.2), in one piece, so that it is one write. */
function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = LAST_TEXT_FRAME;
  frame[1] = header === 2 ? length : header === 4 ? 126 : 127;
  if (header === 4) frame.writeUInt16BE(length, 2);
  if (header === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.write(text, header);
  return frame;
}
