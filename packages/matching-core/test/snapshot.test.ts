import { CodecError, createEngine, type Engine, restoreEngine } from "@bourse/matching-core";
import { expect } from "chai";
import { SCRIPT_OPTIONS, withRules } from "./support/market-script.js";
import { RandomFlow } from "./support/random-flow.js";

/** With resting orders, icebergs, stops and expiries of many accounts. */
function marketAfter(commands: number): Engine {
  const engine = createEngine(SCRIPT_OPTIONS);
  const flow = new RandomFlow(5);
  for (let i = 0; i < commands; i++) engine.apply(flow.next());
  return engine;
}

describe("A snapshot", () => {
  const engine = marketAfter(3_000);
  const snapshot = engine.snapshot();

  it("gives back the market and the sequences that it stands for", () => {
    const restored = restoreEngine(SCRIPT_OPTIONS, snapshot);
    expect(restored.stateHash()).to.equal(engine.stateHash());
    expect(restored.depth(1_000)).to.deep.equal(engine.depth(1_000));
    expect(restored.lastCommandSequence).to.equal(3_000);
    expect(restored.lastEventSequence).to.equal(engine.lastEventSequence).and.above(0);
    expect(restored.lastTradeId).to.equal(engine.lastTradeId).and.above(0);
  });

  it("is the same bytes again when its engine writes one", () => {
    expect(Buffer.compare(restoreEngine(SCRIPT_OPTIONS, snapshot).snapshot(), snapshot)).to.equal(0);
  });

  it("can be read wherever it lies in memory", () => {
    const shifted = new Uint8Array(snapshot.length + 3).subarray(3);
    shifted.set(snapshot);
    expect(restoreEngine(SCRIPT_OPTIONS, shifted).stateHash()).to.equal(engine.stateHash());
    const buffer = Buffer.from(shifted.buffer, 3);
    expect(restoreEngine(SCRIPT_OPTIONS, buffer).stateHash()).to.equal(engine.stateHash());
  });

  it("carries the rules in force, whatever an engine would begin with", () => {
    const restored = restoreEngine(withRules({ openOrdersMax: 3 }), snapshot);
    expect(restored.rules).to.deep.equal(SCRIPT_OPTIONS.rulesAtStart);
    expect(Buffer.compare(restored.snapshot(), snapshot)).to.equal(0);
  });

  it("of an empty market is one, too", () => {
    const empty = createEngine(SCRIPT_OPTIONS);
    expect(restoreEngine(SCRIPT_OPTIONS, empty.snapshot()).stateHash()).to.equal(empty.stateHash());
  });

  it("is refused when a bit of it has changed, wherever", () => {
    for (let at = 0; at < snapshot.length; at += 97) {
      const changed = snapshot.slice();
      changed[at] = (changed[at] as number) ^ 0x10;
      expect(() => restoreEngine(SCRIPT_OPTIONS, changed), `byte ${at}`).to.throw(CodecError);
    }
  });

  it("is refused when it is cut off", () => {
    for (const length of [0, 8, 16, 1_000, snapshot.length - 8, snapshot.length - 1])
      expect(() => restoreEngine(SCRIPT_OPTIONS, snapshot.subarray(0, length))).to.throw(CodecError);
  });

  it("is refused when its version is another", () => {
    const newer = snapshot.slice();
    newer[4] = 99;
    expect(() => restoreEngine(SCRIPT_OPTIONS, newer)).to.throw(CodecError, "version 99");
  });
});
