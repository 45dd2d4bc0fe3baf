import { EventEmitter } from "node:events";
import { expect } from "chai";
import { createSandbox } from "sinon";
import type { WebSocket } from "ws";
import { PlainSocket } from "../../../../src/gateway/sockets/plain-socket.js";

/** A connection whose client reads when it is told to. */
class FakeWebSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closedWith: number | null = null;
  isTerminated = false;
  pings = 0;

  send(text: string): void {
    this.sent.push(text);
  }
  close(code: number): void {
    this.closedWith ??= code;
    this.readyState = 2;
  }
  terminate(): void {
    this.isTerminated = true;
  }
  ping(): void {
    this.pings += 1;
  }
}

describe("a dialect's connection", () => {
  const sandbox = createSandbox();
  afterEach(() => sandbox.restore());
  const opened = () => {
    const clock = sandbox.useFakeTimers({ toFake: ["setInterval", "setTimeout", "performance"] });
    const webSocket = new FakeWebSocket();
    const received: (string | null)[] = [];
    const handler = { receive: (text: string | null) => void received.push(text), closed: () => undefined };
    const socket = new PlainSocket(webSocket as unknown as WebSocket, () => handler);
    return { clock, webSocket, received, socket };
  };

  it("ends at once when too much waits for its client", () => {
    const { webSocket, socket } = opened();
    webSocket.bufferedAmount = 4 * 1024 * 1024;
    socket.sendText("the last");
    webSocket.bufferedAmount += 1;
    socket.sendText("too much");
    socket.sendText("after the end");
    expect(webSocket.sent).to.deep.equal(["the last"]);
    expect(webSocket).to.include({ closedWith: 1008, isTerminated: true });
  });

  it("ends whose client answers no ping, and gives one that is told the end some time to read it", () => {
    const { clock, webSocket } = opened();
    clock.tick(20_000);
    webSocket.emit("pong");
    clock.tick(20_000);
    expect(webSocket.isTerminated).to.equal(false);
    clock.tick(20_000);
    expect(webSocket.isTerminated).to.equal(true);
    const other = opened();
    other.socket.goAway();
    expect([other.webSocket.closedWith, other.webSocket.isTerminated]).to.deep.equal([1001, false]);
    other.clock.tick(5_000);
    expect(other.webSocket.isTerminated).to.equal(true);
  });

  it("takes 500 messages at once and 100 a second, and none after its end", () => {
    const { clock, webSocket, received } = opened();
    const message = () => webSocket.emit("message", Buffer.from("x"), false);
    for (let at = 0; at < 500; at++) message();
    clock.tick(1_000);
    for (let at = 0; at < 100; at++) message();
    expect([received.length, webSocket.closedWith]).to.deep.equal([600, null]);
    for (let at = 0; at < 10; at++) message();
    expect([received.length, webSocket.closedWith]).to.deep.equal([600, 1008]);
  });
});
