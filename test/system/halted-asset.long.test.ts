import { expect } from "chai";
import pino from "pino";
import { connectBus } from "../../src/shared/bus/bus.js";
import { until } from "../support/eventually.js";
import { execute } from "../support/postgres.js";
import { TextSession } from "../support/trading-session.js";
import { BourseUnderTest } from "./bourse-under-test.js";

describe("bourse, one of whose assets is halted by a service", function () {
  this.timeout(120_000);
  let bourse: BourseUnderTest;

  before(async () => {
    bourse = await BourseUnderTest.start();
  });
  after(() => bourse.end());

  it("opens for the others when it is started again, and says which one is halted, and why", async () => {
    const bus = await connectBus(bourse.endpoints.natsUrl, { name: "vandal", log: pino({ level: "silent" }) });
    await bus.publish("commands.BTC-USD", Buffer.from("no batch of commands"), { deadlineMs: 30_000 });
    await bus.close();
    await until("the alarm", () =>
      bourse.operate("status").output.includes("matching-engine: halted: BTC-USD is halted"),
    );

    await bourse.end();
    await bourse.start();
    expect(bourse.banner).to.match(/^matching-engine waits: halted: BTC-USD is halted: /m);
    for (const [account, side] of [
      ["random1", "SELL"],
      ["random2", "BUY"],
    ]) {
      const session = await TextSession.open(bourse.endpoints.orderHandler, account as string);
      expect(await session.request(`${side} ETH-USD 1 3200`)).to.match(/^ACK /);
      session.close();
    }
    const trades = () => execute(bourse.endpoints.databaseUrl, "select 1 from trades where asset = 'ETH-USD'");
    await until("a trade", async () => (await trades()).length === 1);
  });
});
