import { expect } from "chai";
import { FanOut, type Member } from "../../../../src/market-data-notifier/connections/fan-out.js";
import type { Packets } from "../../../../src/market-data-notifier/connections/packet.js";

/** Notes in `log` what is written to it, by its name. */
function member(name: string, log: { name: string; bytes: Buffer }[]): Member {
  const one: Member = {
    unwritten: null as Packets | null,
    writeAll() {
      const bytes = one.unwritten?.bytes;
      one.unwritten = null;
      if (bytes !== undefined) log.push({ name, bytes });
      return bytes?.length ?? 0;
    },
  };
  return one;
}

function crowd(count: number) {
  const log: { name: string; bytes: Buffer }[] = [];
  const counted = { packets: 0, bytes: 0 };
  const fanOut = new FanOut(({ packets, bytes }) => {
    counted.packets += packets;
    counted.bytes += bytes;
  });
  for (let at = 0; at < count; at++) fanOut.join("public", member(`${at}`, log));
  const delivered = () => new Promise<void>((resolve) => fanOut.onDelivered(resolve));
  return { fanOut, log, counted, delivered };
}

const frame = (text: string) =>
  Buffer.concat([
    text.length < 126
      ? Buffer.from([0x81, text.length])
      : Buffer.from([0x81, 126, text.length >> 8, text.length & 255]),
    Buffer.from(text),
  ]);

describe("the fan-out to rooms", () => {
  it("writes what gathered for a connection in one piece, the same bytes to all that get the same", async () => {
    const { fanOut, log, counted, delivered } = crowd(100);
    fanOut.send("public", "trades", { n: 1 });
    fanOut.send("public", "depth", { text: "x".repeat(200) });
    await delivered();
    const expected = Buffer.concat([frame('42["trades",{"n":1}]'), frame(`42["depth",{"text":"${"x".repeat(200)}"}]`)]);
    expect(log).to.have.length(100);
    expect(log[0]?.bytes).to.deep.equal(expected);
    for (const { bytes } of log) expect(bytes).to.equal(log[0]?.bytes);
    expect(counted).to.deep.equal({ packets: 200, bytes: 100 * expected.length });
  });

  it("serves a room of few first, with what came before for the same connection", async () => {
    const { fanOut, log, delivered } = crowd(100);
    const owner = member("owner", log);
    fanOut.join("public", owner);
    fanOut.join("own", owner);
    fanOut.send("public", "trades", { n: 1 });
    fanOut.send("own", "orders", { n: 2 });
    await delivered();
    expect(log[0]?.name).to.equal("owner");
    expect(log[0]?.bytes).to.deep.equal(Buffer.concat([frame('42["trades",{"n":1}]'), frame('42["orders",{"n":2}]')]));
    expect(log).to.have.length(101);
  });

  it("lets others have their turn while it writes to many, and says when all is out", async () => {
    const { fanOut, log, delivered } = crowd(3);
    const busy: Member = { unwritten: null, writeAll: () => 0 };
    for (let at = 0; at < 200; at++)
      fanOut.join("public", {
        ...busy,
        writeAll: () => {
          for (const untilMs = performance.now() + 0.1; performance.now() < untilMs; );
          return 0;
        },
      });
    fanOut.send("public", "trades", {});
    let turns = 0;
    const turn = () => {
      turns += 1;
      if (fanOut.isDelivering) setImmediate(turn);
    };
    setImmediate(turn);
    await delivered();
    expect(turns).to.be.above(1);
    expect(fanOut.isDelivering).to.equal(false);
    expect(log).to.have.length(3);
  });

  it("sends nothing to who has left, and everything at once when it has to end", () => {
    const { fanOut, log } = crowd(70);
    const gone = member("gone", log);
    fanOut.join("public", gone);
    fanOut.leave("public", gone);
    fanOut.send("public", "trades", {});
    fanOut.deliver();
    expect(log.map(({ name }) => name)).to.deep.equal(Array.from({ length: 70 }, (_, at) => `${at}`));
  });
});
