import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { nowUs } from "../../src/shared/process/clock.js";
import { FrameReader } from "./frame-reader.js";

export interface RawClientOptions {
  readonly port: number;
  /** The `auth` of the handshake; null: none. */
  readonly auth: object | null;
  /** What it subscribes to, one after the other. */
  readonly requests: readonly object[];
  /** Whether it reads what it gets (times and sequences); else it counts packets. */
  readonly isReading: boolean;
}

/** The item of an event that this bench reads: a trade or a report. */
interface Item {
  readonly tradeId?: number;
  readonly accountSequence?: number;
  readonly executedAtUs?: number;
  readonly matchedAtUs?: number;
}

/** What clients of a group have got, all together. */
export interface Tally {
  packets: number;
  bytes: number;
  closed: number;
  items: number;
  gaps: number;
  repeats: number;
  /** Of reading clients: from the match (or whatever the sender put for it) until the item was read. */
  latenciesUs: number[];
  /** When the last client got its first packet after `arm`; null: some have not. */
  lastAtUs: number | null;
}

/** All sockets read into one buffer, each to its end before the next: none has one of its own. */
const shared = Buffer.alloc(65_536);
const HEADERS_END = "\r\n\r\n";

/**
 * A subscriber that speaks WebSocket, Engine.IO 4 and Socket.IO 5 by itself, over a bare socket, so that a stock client's work is
 * not what is measured: ten thousand of those would need more than the server that they measure.
 */
export class RawClient {
  readonly ready: Promise<void>;
  readonly #options: RawClientOptions;
  readonly #tally: Tally;
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  /** By asset, or "" for reports: the last sequence that was read. */
  readonly #last = new Map<string, number>();
  #headers: string | null = "";
  #answered = 0;
  #onReady: () => void = () => undefined;
  #onFailed: (why: Error) => void = () => undefined;
  /** Called with the first packet after `arm`. */
  #onNext: (() => void) | null = null;

  constructor(options: RawClientOptions, tally: Tally) {
    this.#options = options;
    this.#tally = tally;
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = resolve;
      this.#onFailed = reject;
    });
    this.#frames = new FrameReader({
      onText: (bytes, text) => this.#onText(bytes, text),
      onClose: () => this.#socket.destroy(),
    });
    this.#socket = connect({
      port: options.port,
      host: "127.0.0.1",
      onread: {
        buffer: shared,
        callback: (bytes: number) => {
          this.#read(bytes);
          return true;
        },
      },
    });
    this.#socket.once("error", (error) => this.#onFailed(error));
    this.#socket.once("close", () => {
      tally.closed += 1;
      this.#onFailed(new Error("the server closed the connection"));
    });
    this.#socket.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: notifier\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}${HEADERS_END}`,
    );
  }

  get lastSequence(): number {
    return Math.max(0, ...this.#last.values());
  }

  onNextPacket(call: () => void): void {
    this.#onNext = call;
  }

  stopReading(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(bytes: number): void {
    let start = 0;
    if (this.#headers !== null) {
      const before = this.#headers.length;
      this.#headers += shared.toString("latin1", 0, bytes);
      const end = this.#headers.indexOf(HEADERS_END);
      if (end < 0) return;
      if (!this.#headers.startsWith("HTTP/1.1 101 ")) {
        this.#onFailed(new Error(`no WebSocket: ${this.#headers.slice(0, 200)}`));
        this.close();
        return;
      }
      start = end + HEADERS_END.length - before;
      this.#headers = null;
    }
    this.#frames.read(shared, start, bytes);
  }

  #onText(bytes: number, text: string | null): void {
    if (bytes === 1)
      this.#send("3"); // a ping
    else if (text === null || text.startsWith("42")) this.#onEvent(bytes, text);
    else if (text.startsWith("0{"))
      this.#send(`40${this.#options.auth === null ? "" : JSON.stringify(this.#options.auth)}`);
    else if (text.startsWith("40")) this.#ask();
    else if (/^43\d+\[\{"ok":true/.test(text)) {
      this.#answered += 1;
      this.#ask();
    } else this.#onFailed(new Error(`refused: ${text.slice(0, 200)}`));
  }

  #ask(): void {
    const request = this.#options.requests[this.#answered];
    if (request !== undefined) this.#send(`42${this.#answered}${JSON.stringify(["subscribe", request])}`);
    else {
      this.#frames.isCounting = !this.#options.isReading;
      this.#onReady();
    }
  }

  #onEvent(bytes: number, text: string | null): void {
    const tally = this.#tally;
    tally.packets += 1;
    tally.bytes += bytes;
    if (text !== null && this.#options.isReading) this.#readItems(JSON.parse(text.slice(2)));
    const next = this.#onNext;
    this.#onNext = null;
    next?.();
  }

  #readItems([event, payload]: [string, { asset?: string; trades?: Item[]; reports?: Item[]; text?: string }]): void {
    if (event === "lagged") throw new Error(`a client that reads was cut: ${payload.text}`);
    const tally = this.#tally;
    const atUs = nowUs();
    for (const item of payload.trades ?? payload.reports ?? []) {
      const sequence = item.tradeId ?? item.accountSequence ?? 0;
      const key = item.tradeId === undefined ? "" : (payload.asset ?? "");
      const before = this.#last.get(key) ?? sequence - 1;
      if (sequence <= before) tally.repeats += 1;
      else tally.gaps += sequence - before - 1;
      this.#last.set(key, sequence);
      tally.items += 1;
      tally.latenciesUs.push(atUs - (item.executedAtUs ?? item.matchedAtUs ?? atUs));
    }
  }

  /** A text frame; a client masks, here with zeros. */
  #send(text: string): void {
    const body = Buffer.from(text);
    const length = body.length <= 125 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 255];
    this.#socket.write(Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), body]));
  }
}
