import { expect } from "chai";
import sinon from "sinon";
import { type StreamAnswer, type Trouble, WriteTroubles } from "../../../../src/shared/bus/write-trouble.js";

describe("a stream that takes nothing", () => {
  let clock: sinon.SinonFakeTimers;
  let says: StreamAnswer;
  let changes: (string | null)[];
  let troubles: WriteTroubles;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ["performance"] });
    says = "there";
    changes = [];
    troubles = new WriteTroubles(
      async () => says,
      (_, trouble: Trouble | null) => changes.push(trouble?.kind ?? null),
    );
  });
  afterEach(() => clock.restore());

  /** A publish that takes two seconds. */
  async function publish(subject: string, outcome: "stored" | "unavailable" | "unknown"): Promise<void> {
    const startedMs = performance.now();
    clock.tick(2_000);
    troubles.published(subject, startedMs, outcome === "stored");
    await new Promise(setImmediate);
  }

  it("is unwritable when the server answered before and after a publish that timed out, and says what to do, once", async () => {
    await publish("orders.BTC-USD", "unknown");
    expect(changes, "the server may have stood still").to.deep.equal([]);
    await publish("orders.BTC-USD", "unknown");
    await publish("orders.ETH-USD", "unknown");
    expect(changes).to.deep.equal(["unwritable"]);
    expect(troubles.of("ORDERS")?.text).to.match(/ORDERS: .*free space, then restart nats-server/);
    expect(troubles.of("COMMANDS")).to.equal(null);
    await publish("orders.BTC-USD", "stored");
    expect([changes, troubles.of("ORDERS")]).to.deep.equal([["unwritable", null], null]);
  });

  it("is no trouble of the stream when the server answers nothing at all, or stored something in between", async () => {
    await publish("orders.BTC-USD", "unknown");
    says = "silent";
    await publish("orders.BTC-USD", "unknown");
    says = "there";
    await publish("orders.BTC-USD", "unknown");
    await publish("orders.BTC-USD", "stored");
    await publish("orders.BTC-USD", "unknown");
    expect(changes).to.deep.equal([]);
  });

  it("is told of a cluster only when another server was tried and says the same", async () => {
    troubles = new WriteTroubles(
      async () => says,
      (_, trouble: Trouble | null) => changes.push(trouble?.kind ?? null),
      6_000,
    );
    for (let time = 0; time < 3; time++) await publish("orders.BTC-USD", "unknown");
    troubles.connectionChanged();
    for (let time = 0; time < 3; time++) await publish("orders.BTC-USD", "unknown");
    expect(changes).to.deep.equal([]);
    for (let time = 0; time < 2; time++) await publish("orders.BTC-USD", "unknown");
    expect(changes).to.deep.equal(["unwritable"]);
  });

  it("is gone when the server does not know the stream", async () => {
    says = "gone";
    await publish("$KV.leases.matching-engine.member.1", "unavailable");
    await publish("$KV.leases.matching-engine.member.1", "unavailable");
    expect(changes).to.deep.equal(["gone"]);
    expect(troubles.of("KV_leases")?.text).to.match(/lost its disk/);
  });

  it("is not looked for in streams that live in memory, and are made anew", async () => {
    says = "gone";
    await publish("notifications.BTC-USD", "unavailable");
    await publish("notifications.BTC-USD", "unavailable");
    expect(changes).to.deep.equal([]);
  });
});
