import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { until } from "./eventually.js";

/** A websocket client without manners: it can stop reading, and it can send anything. */
export class RawWebSocket {
  /** Everything that was read, as text. */
  received = "";
  receivedBytes = 0;
  isClosed = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => {
      this.receivedBytes += bytes.length;
      this.received = (this.received + bytes.toString("latin1")).slice(-1_000_000);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  static async open(url: string, localAddress = "127.0.0.1"): Promise<RawWebSocket> {
    const { hostname, port } = new URL(url);
    const socket = connect({ port: Number(port), host: hostname, localAddress });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: notifier\r\nUpgrade: websocket\r\n" +
        `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
    );
    const client = new RawWebSocket(socket);
    await until("the session is open", () => client.received.includes('0{"sid"'));
    return client;
  }

  /** One text frame of up to 64 KiB; the mask is zero, so the text stays readable. */
  sendText(text: string): void {
    const body = Buffer.from(text);
    const length = body.length <= 125 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 255];
    this.#socket.write(Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), body]));
  }

  sendBytes(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Connected and subscribed to an asset's trades, on channel `trades`. */
  static async subscribed(url: string, localAddress?: string): Promise<RawWebSocket> {
    const client = await RawWebSocket.open(url, localAddress);
    client.sendText("40");
    await until("it is connected", () => client.received.includes('40{"sid"'));
    client.sendText('420["subscribe",{"channel":"trades","asset":"BTC-USD"}]');
    await until("it is subscribed", () => client.received.includes('430[{"ok":true'));
    return client;
  }

  readAtMost(bytesPerSecond: number): void {
    const sinceMs = performance.now();
    let bytes = 0;
    this.#socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      const aheadMs = (bytes / bytesPerSecond) * 1_000 - (performance.now() - sinceMs);
      if (aheadMs <= 0) return;
      this.#socket.pause();
      setTimeout(() => this.#socket.resume(), aheadMs);
    });
  }

  stopReading(): void {
    this.#socket.pause();
  }

  readOn(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }
}
