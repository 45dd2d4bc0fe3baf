import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Server } from "socket.io";
import { Connection } from "../../../../src/shared/subscriber/connection.js";
import { until } from "../../../support/eventually.js";

const SUBSCRIPTIONS = 50;

describe("a subscriber's connection", () => {
  it("has an answer before the events that follow it, also when both come in one piece", async () => {
    const http = createServer();
    const server = new Server(http, { serveClient: false });
    server.on("connection", (socket) =>
      socket.on("subscribe", ({ channel }: { channel: string }, answerWith: (answer: object) => void) => {
        socket.emit("busy"); // what follows waits until this is out, and goes out together
        answerWith({ ok: true });
        socket.emit(channel, {});
      }),
    );
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const told: string[] = [];
    const connection = new Connection(
      `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      {
        onHealth: () => undefined,
        onKeyRefused: () => undefined,
        onLagged: () => undefined,
        onEvent: (channel) => channel !== "busy" && told.push(`event of ${channel}`),
      },
      null,
    );
    const expected: string[] = [];
    try {
      for (let index = 0; index < SUBSCRIPTIONS; index++) {
        const channel = `channel ${index}`;
        expected.push(`answer of ${channel}`, `event of ${channel}`);
        connection.follow({
          request: () => ({ channel }),
          onAnswer: () => told.push(`answer of ${channel}`) > 0,
          onRefused: () => undefined,
        });
        await until("both are there", () => told.length === expected.length);
      }
    } finally {
      connection.close();
      await server.close();
    }
    expect(told).to.deep.equal(expected);
  });
});
