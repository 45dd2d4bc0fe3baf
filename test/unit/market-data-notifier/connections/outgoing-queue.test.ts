import { EventEmitter } from "node:events";
import { expect } from "chai";
import type { Socket } from "socket.io";
import { OutgoingQueue } from "../../../../src/market-data-notifier/connections/outgoing-queue.js";

const LIMITS = { queuePacketsMax: 3, queueBytesMax: 1_000, standstillMaxMs: 1_500, partingTimeoutMs: 4_000 };

function connection(transport: object = { name: "websocket", writable: true, socket: { bufferedAmount: 0 } }) {
  return Object.assign(new EventEmitter(), {
    writeBuffer: [] as { type: string; data?: string }[],
    transport,
    pingTimeoutTimer: null as NodeJS.Timeout | null,
    resetPingTimeout: () => undefined,
  });
}
const queueOf = (conn: object) => new OutgoingQueue({ conn } as unknown as Socket, LIMITS, () => undefined);

describe("a client's outgoing queue", () => {
  it("is as long as what waits here and in the socket", () => {
    const conn = connection({ name: "websocket", writable: false, socket: { bufferedAmount: 700 } });
    const queue = queueOf(conn);
    conn.writeBuffer.push({ type: "message", data: "x".repeat(200) });
    expect(queue.bytes).to.equal(900);
    expect(queue.lag(performance.now())).to.equal(null);
    conn.writeBuffer.push({ type: "message", data: "x".repeat(200) });
    expect(queue.lag(performance.now())).to.equal("more than 1000 bytes wait for you");
    queue.drop();
    expect(queue.bytes).to.equal(700);
  });

  it("is too slow when a ping is not answered, before Engine.IO ends it without a word", () => {
    const conn = connection();
    const queue = queueOf(conn);
    const nowMs = performance.now();
    conn.emit("packetCreate", { type: "ping" });
    expect(queue.lag(nowMs + 14_000)).to.equal(null);
    expect(queue.lag(nowMs + 16_000)).to.equal("you have not answered a ping for 15 s");
    conn.emit("heartbeat");
    expect(queue.lag(nowMs + 60_000)).to.equal(null);
  });

  it("is too slow when the network takes nothing of it, and has more time while it is sent what it asked for", () => {
    const socket = { bufferedAmount: 10, _socket: { bytesWritten: 100, writableLength: 10 } };
    const queue = queueOf(connection({ name: "websocket", writable: false, socket }));
    let nowMs = 0;
    const lagAfter = (ms: number) => {
      let lag: string | null = null;
      for (const untilMs = nowMs + ms; nowMs < untilMs; nowMs += 250) lag = queue.lag(nowMs);
      return lag;
    };
    expect(lagAfter(1_500)).to.equal(null);
    expect(lagAfter(250)).to.equal("your connection took nothing for 1.5 s");
    socket._socket.bytesWritten += 1;
    expect(lagAfter(1_500)).to.equal(null);
    queue.giveTime();
    expect(lagAfter(2_500)).to.equal(null);
    expect(lagAfter(250)).to.equal("your connection took nothing for 4 s");
    socket.bufferedAmount = 0;
    expect(lagAfter(250)).to.equal(null);
    socket.bufferedAmount = 10;
    expect(lagAfter(1_500)).to.equal(null);
    expect(lagAfter(250)).to.equal("your connection took nothing for 1.5 s");
  });

  it("of a session that does not poll is too slow, however little waits", () => {
    const transport = { name: "polling", writable: false };
    const queue = queueOf(connection(transport));
    const nowMs = performance.now();
    expect(queue.lag(nowMs + 9_000)).to.equal(null);
    expect(queue.lag(nowMs + 11_000)).to.equal("you have not polled for 10 s");
    transport.writable = true;
    expect(queue.lag(nowMs + 12_000)).to.equal(null);
  });
});
