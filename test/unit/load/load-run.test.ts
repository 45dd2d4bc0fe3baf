import { expect } from "chai";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { type LoadOptions, type LoadOutcome, LoadRun } from "../../../tools/load/load-run.js";
import { patience } from "../../support/machine.js";
import { PausingHandler } from "./pausing-handler.js";

describe("a load run", () => {
  const [asset] = [...loadAssets(`${projectRoot}config/assets.json`).assets.values()];
  const options: LoadOptions = {
    ratePerSecond: 500,
    seconds: 1,
    warmupSeconds: 0.2,
    connections: 4,
    assets: [asset!],
    accounts: ["random1", "random2"],
    isText: true,
    withClientOrderIds: false,
    withReports: false,
    seed: 1,
  };
  const against = async (
    handler: PausingHandler,
    prepare: (run: LoadRun) => void = () => undefined,
  ): Promise<LoadOutcome> => {
    const orderHandler = { host: "127.0.0.1", port: await handler.listen() };
    const run = new LoadRun(
      { orderHandler, notifierUrl: null, databaseUrl: null, natsUrl: null, services: [] },
      options,
    );
    prepare(run);
    return await run.run().finally(() => handler.close());
  };

  it("sends every order of its plan, and measures those after the warm-up", async () => {
    const outcome = await against(new PausingHandler((id) => `ACK ${id} BTC-USD\n`));
    expect(outcome).to.include({ planned: 600, sent: 600, acknowledged: 600, unanswered: 0 });
    expect(outcome.timing.acknowledged.count).to.equal(500);
    expect(outcome.problems).to.deep.equal([]);
  });

  it("charges a pause of the system to every order that was planned in it", async () => {
    const handler = new PausingHandler((id) => `ACK ${id} BTC-USD\n`);
    const outcome = await against(handler, (run) => {
      run.onMeasuring = () => handler.pause(400);
    });
    // 200 of 500 orders fall into the pause; the first of them waits 400 ms, the median one of all at least nothing.
    const { p90, max } = outcome.timing.acknowledged.summary();
    expect(max).to.be.within(350, 400 + patience(300));
    expect(p90).to.be.above(250);
  });

  it("counts refusals by their code and name", async () => {
    const outcome = await against(
      new PausingHandler((id) => (id % 2 === 0 ? `ACK ${id} BTC-USD\n` : "REJ 300 BUSY full\n")),
    );
    expect([...outcome.rejected]).to.deep.equal([["300 BUSY", 300]]);
  });

  it("ends, and says so, when the order-handler closes a connection", async () => {
    const handler = new PausingHandler((id) => {
      if (id === 100) handler.close();
      return `ACK ${id} BTC-USD\n`;
    });
    const outcome = await against(handler);
    expect(outcome.problems[0]).to.match(/closed the connection/);
  });
});
