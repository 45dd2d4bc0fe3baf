/**
 * The engine against its naive twin: the same events byte for byte, the same hash, depth and indicative price, on random
 * commands of all kinds; and after every restore of a snapshot taken at random. What is taken of the depth's changes, at random,
 * adds up to it.
 *
 *   TWIN_COMMANDS=10000000 TWIN_SEED=1 npx mocha packages/matching-core/test/fuzz/twin.test.ts --timeout 0
 */
import { inspect } from "node:util";
import {
  type Command,
  createEngine,
  type EngineOptions,
  type EventRows,
  restoreEngine,
  rowsOf,
} from "@bourse/matching-core";
import { expect } from "chai";
import { FollowedDepth } from "../support/followed-depth.js";
import { withRules } from "../support/market-script.js";
import { createNaiveEngine } from "../support/naive-engine/naive-engine.js";
import { mulberry32, RandomFlow } from "../support/random-flow.js";

const commandCount = Number(process.env["TWIN_COMMANDS"] ?? 60_000);
const firstSeed = Number(process.env["TWIN_SEED"] ?? Date.now() % 1_000_000_000);
const COMMANDS_A_SEED = 4_000;
/** Commands between two looks at hash and depth, and between two snapshots, on average. */
const LOOK_EVERY = 40;
const SNAPSHOT_EVERY = 400;
const TAKE_EVERY = 10;
const SETS_RULES = { setsRules: true };

describe("The engine and its naive twin", () => {
  const seeds = Math.ceil(commandCount / COMMANDS_A_SEED);
  it(`do the same on ${seeds * COMMANDS_A_SEED} random commands, seeds from ${firstSeed} on`, function () {
    this.timeout(0);
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) playBoth(seed);
  });
});

/** Small limits in turn, or hardly any command would ever come to one. */
function optionsOf(seed: number): EngineOptions {
  const pick = (values: readonly number[]) => values[seed % values.length] as number;
  const openOrdersMax = pick([7, 100, 1_000]);
  return withRules({
    openOrdersMax,
    displaySlicesMax: pick([2, 1_000]),
    eventsPerCommandMax: pick([1, 3, 10, 100_000, 30]),
  });
}

function playBoth(seed: number): void {
  const options = optionsOf(seed);
  const flow = new RandomFlow(seed, SETS_RULES);
  const chance = mulberry32(~seed);
  const naive = createNaiveEngine(options);
  let engine = createEngine(options);
  const followed = new FollowedDepth();
  for (let step = 1; step <= COMMANDS_A_SEED; step++) {
    const command = flow.next();
    const where = () => `seed ${seed}, command ${step}: ${inspect(command)}`;
    const expected = rowsOf(naive.apply(command));
    engine.execute(command);
    const actual = engine.events.take();
    if (!isSame(expected, actual)) explain(command, where(), seed, step);
    if (chance() % TAKE_EVERY === 0) followed.take(engine);
    if (chance() % LOOK_EVERY === 0 || step === COMMANDS_A_SEED) {
      followed.take(engine);
      expect(followed.depth, where()).to.deep.equal(naive.depth(Number.MAX_SAFE_INTEGER));
      engine.assertSound();
      expect(engine.stateHash(), where()).to.equal(naive.stateHash());
      expect(engine.depth(1_000), where()).to.deep.equal(naive.depth(1_000));
      expect(engine.indicative(), where()).to.deep.equal(naive.indicative());
    }
    if (chance() % SNAPSHOT_EVERY === 0) {
      const snapshot = engine.snapshot();
      engine = restoreEngine(options, snapshot);
      expect(engine.stateHash(), where()).to.equal(naive.stateHash());
      expect(Buffer.compare(engine.snapshot(), snapshot), where()).to.equal(0);
    }
  }
}

function isSame(a: EventRows, b: EventRows): boolean {
  return Buffer.compare(a.rows, b.rows) === 0 && (a.rows.length === 0 || a.firstEventSequence === b.firstEventSequence);
}

/** Plays it again up to the command that the two see differently, and shows both. */
function explain(command: Command, where: string, seed: number, steps: number): void {
  const options = optionsOf(seed);
  const flow = new RandomFlow(seed, SETS_RULES);
  const [naive, engine] = [createNaiveEngine(options), createEngine(options)];
  for (let step = 1; step < steps; step++) {
    const before = flow.next();
    naive.apply(before);
    engine.apply(before);
  }
  expect(engine.apply(command), where).to.deep.equal(naive.apply(command), where);
  expect.fail(`${where}: only the bytes differ, or only after a snapshot`);
}
