import { expect } from "chai";
import { abuse } from "../../tools/abuse/abuse-run.js";
import { ATTACKS } from "../../tools/abuse/attacks.js";
import { startOwnPipeline } from "../../tools/load/own-pipeline.js";

const SECONDS = 3;

describe("honest clients of a pipeline", function () {
  this.timeout(180_000);
  let pipeline: Awaited<ReturnType<typeof startOwnPipeline>>;

  before(async () => {
    pipeline = await startOwnPipeline();
  });
  after(() => pipeline?.stop());

  // How much slower they are is for `npm run abuse`: three seconds of a shared machine don't tell.
  for (const attack of ATTACKS)
    it(`are served when ${attack.how}`, async () => {
      expect((await abuse(attack, pipeline, SECONDS)).broken).to.deep.equal([]);
    });
});
