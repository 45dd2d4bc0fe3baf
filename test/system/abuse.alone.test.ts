import { expect } from "chai";
import { abuse } from "../../tools/abuse/abuse-run.js";
import { ATTACKS } from "../../tools/abuse/attacks.js";
import { startOwnPipeline } from "../../tools/load/own-pipeline.js";

const HARM = { attackMs: 3_000, quietMs: 1_000 };
const DELAY = { attackMs: 10_000, quietMs: 4_000 };
/** Other work of the machine may spoil a round; in a pipeline where accounts wait for one another, it spoils all. */
const ROUNDS_MAX = 5;

describe("honest clients of a pipeline", function () {
  this.timeout(600_000);
  let pipeline: Awaited<ReturnType<typeof startOwnPipeline>>;

  before(async () => {
    pipeline = await startOwnPipeline();
  });
  after(() => pipeline?.stop());

  const floods = ATTACKS.filter(({ ackP99NoHarmMs }) => ackP99NoHarmMs !== undefined);

  // How much slower they are is for `npm run abuse`, and for the floods further down: three seconds of a shared machine don't tell.
  for (const attack of ATTACKS.filter((any) => !floods.includes(any)))
    it(`are served when ${attack.how}`, async () => {
      expect((await abuse(attack, pipeline, HARM)).broken).to.deep.equal([]);
    });

  for (const attack of floods)
    it(`are served, and wait for an ACK at most three times as long as else, when ${attack.how}`, async () => {
      const delays: string[] = [];
      for (let round = 1; round <= ROUNDS_MAX; round++) {
        const { broken, slow } = await abuse(attack, pipeline, DELAY);
        expect(broken).to.deep.equal([]);
        if (slow.length === 0) return;
        delays.push(slow.join(", "));
      }
      expect.fail(`in each round: ${delays.join("; ")}`);
    });
});
