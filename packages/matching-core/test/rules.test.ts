import {
  type Command,
  type CommandBody,
  createEngine,
  DEFAULT_RULES,
  OtherRulesVersion,
  RULES_VERSION,
  type RulesInForce,
  restoreEngine,
} from "@bourse/matching-core";
import { expect } from "chai";
import { ENGINES } from "./support/engines.js";
import { limitOrder } from "./support/order-terms.js";

const OPTIONS = { quoteUnitsPerTickLot: 1 };
const BUY = limitOrder("buy", 5, 100);

class Told {
  #commands = 0;

  next(body: CommandBody): Command {
    const at = ++this.#commands;
    return { commandSequence: at, logId: at, accountId: 7, receivedAtUs: at, atUs: at, body } as unknown as Command;
  }
}

const setRules = (rules: Partial<RulesInForce>): CommandBody => ({
  kind: "set_rules",
  rules: { ...DEFAULT_RULES, version: RULES_VERSION, ...rules },
});

for (const [name, create] of ENGINES) {
  describe(`Rules (${name})`, () => {
    it("are in force from the command after the one that sets them, and a lower limit cancels nothing", () => {
      const [engine, told] = [create(OPTIONS), new Told()];
      const results = [BUY, BUY, setRules({ openOrdersMax: 1 }), BUY, setRules({ openOrdersMax: 3 }), BUY, BUY].map(
        (body) => engine.apply(told.next(body)).map(({ body }) => ("reason" in body ? body.reason : body.kind)),
      );
      expect(results).to.deep.equal([["accepted"], ["accepted"], [], ["book_full"], [], ["accepted"], ["book_full"]]);
      expect(engine.depth(1).bids).to.deep.equal([[100, 15n]]);
    });

    it("are a part of the state", () => {
      const [engine, told] = [create(OPTIONS), new Told()];
      const before = engine.stateHash();
      engine.apply(told.next(setRules({ allowSelfTrade: true })));
      expect(engine.stateHash()).to.not.equal(before);
      engine.apply(told.next(setRules({})));
      expect(engine.stateHash()).to.equal(before);
    });

    it("of another version are not applied: both versions are named, and the engine is as it was", () => {
      const [engine, told] = [create(OPTIONS), new Told()];
      engine.apply(told.next(BUY));
      const before = engine.stateHash();
      const other = told.next(setRules({ version: RULES_VERSION + 1 }));
      const text = `rules version ${RULES_VERSION + 1}, and this build applies version ${RULES_VERSION}`;
      expect(() => engine.apply(other)).to.throw(OtherRulesVersion, text);
      expect([engine.stateHash(), engine.lastCommandSequence]).to.deep.equal([before, 1]);
    });
  });
}

describe("An engine of another build", () => {
  const next = { ...OPTIONS, rulesVersion: RULES_VERSION + 1 };

  it("decides nothing until it is told its own version, and then goes on from the other's snapshot", () => {
    const [old, told] = [createEngine(OPTIONS), new Told()];
    old.apply(told.next(BUY));
    const snapshot = old.snapshot();
    const [early, engine] = [restoreEngine(next, snapshot), restoreEngine(next, snapshot)];
    expect(() => early.apply(new Told().next(BUY))).to.throw(
      OtherRulesVersion,
      `rules version ${RULES_VERSION}, and this build applies version ${RULES_VERSION + 1}`,
    );
    engine.apply(told.next(setRules({ version: RULES_VERSION + 1 })));
    expect(engine.apply(told.next(BUY)).map(({ body }) => body.kind)).to.deep.equal(["accepted"]);
    expect(restoreEngine(next, engine.snapshot()).rules.version).to.equal(RULES_VERSION + 1);
    expect(() => restoreEngine(OPTIONS, engine.snapshot()).apply(told.next(BUY))).to.throw(OtherRulesVersion);
  });
});
