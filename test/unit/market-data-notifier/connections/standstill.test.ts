import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { expect } from "chai";
import { type Outflow, Standstill } from "../../../../src/market-data-notifier/connections/standstill.js";
import { until } from "../../../support/eventually.js";
import { TLS_IDENTITY } from "../../../support/tls.js";

const socket = (bytesWritten: number, writableLength: number, writeQueueSize: number): Outflow => ({
  bytesWritten,
  writableLength,
  _handle: { writeQueueSize },
});

/** More than the buffers of two sockets hold. */
const MANY_BYTES = 64_000_000;

/** The two ends of a connection. */
async function ends(server: Server, event: string, dial: (port: number) => Socket): Promise<[Socket, Socket]> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const accepted = once(server, event) as Promise<[Socket]>;
  const client = dial((server.address() as AddressInfo).port);
  const [served] = await accepted;
  for (const end of [served, client]) end.on("error", () => undefined);
  return [served, client];
}

describe("the standstill of a connection", () => {
  it("lasts while its socket takes nothing of what waits, from the first look at that", () => {
    const standstill = new Standstill();
    const looks: [number, Outflow | null][] = [
      [0, null],
      [250, socket(1_000, 800, 800)],
      [500, socket(1_000, 800, 800)],
      [900, socket(1_200, 1_000, 800)],
    ];
    expect(looks.map(([nowMs, seen]) => standstill.look(nowMs, seen))).to.deep.equal([0, 0, 250, 650]);
  });

  it("ends with a write that is done, with a part of one, and when nothing waits any more", () => {
    for (const moved of [socket(1_000, 500, 500), socket(1_000, 800, 100), null]) {
      const standstill = new Standstill();
      const still = socket(1_000, 800, 800);
      expect([0, 400, 800].map((nowMs) => standstill.look(nowMs, still))).to.deep.equal([0, 400, 800]);
      expect(standstill.look(1_200, moved)).to.equal(0);
      expect(standstill.look(1_600, moved)).to.equal(moved === null ? 0 : 400);
    }
  });

  it("is not what this process itself made of a client that reads, by standing still", () => {
    const standstill = new Standstill();
    const still = socket(1_000, 800, 800);
    expect([0, 60_000].map((nowMs) => standstill.look(nowMs, still))).to.deep.equal([0, 500]);
  });

  const worlds: [string, () => Promise<[Socket, Socket]>, Server][] = [];
  for (const [name, server, event, dial] of [
    ["TCP", createServer(), "connection", (port: number) => connect(port, "127.0.0.1")],
    [
      "TLS",
      createTlsServer(TLS_IDENTITY),
      "secureConnection",
      (port: number) => connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }),
    ],
  ] as const)
    worlds.push([name, () => ends(server, event, dial), server]);

  for (const [name, open, server] of worlds)
    it(`is seen in a socket of ${name} in the middle of one large write, and ends when the client reads on`, async () => {
      const [served, client] = await open();
      const standstill = new Standstill();
      let nowMs = 0;
      const look = () => {
        nowMs += 100;
        return standstill.look(nowMs, served.writableLength > 0 ? served : null);
      };
      client.pause();
      served.write(Buffer.alloc(MANY_BYTES));
      await until("it stands still", () => look() >= 2_000);
      client.resume();
      await until("it moves", () => look() === 0);
      expect(served.writableLength).to.equal(MANY_BYTES);
      for (const end of [served, client]) end.destroy();
      await once(server.close(), "close");
    });
});
