import { inspect } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import { ENGINES } from "../support/engines.js";
import { FollowedMarket } from "../support/followed-market.js";
import { SCRIPT_OPTIONS } from "../support/market-script.js";
import { commands } from "../support/random-commands.js";

const RUNS = { numRuns: 300 };
const REFUSALS = new Set(["rejected", "cancel_rejected", "replace_rejected"]);

for (const [name, createEngine] of ENGINES) {
  describe(`The ${name}, whatever it is told`, () => {
    it("conserves quantity, keeps the queues' order, prevents self-trades, and is crossed in an auction only", () => {
      fc.assert(
        fc.property(commands, (list) => {
          const engine = createEngine(SCRIPT_OPTIONS);
          const market = new FollowedMarket();
          for (const command of list) {
            for (const event of engine.apply(command)) market.follow(event);
            const { bids, asks } = engine.depth(Number.MAX_SAFE_INTEGER);
            expect(bids.map(([price, shown]) => [price, Number(shown)])).to.deep.equal(market.levels("buy"));
            expect(asks.map(([price, shown]) => [price, Number(shown)])).to.deep.equal(market.levels("sell"));
            if (!market.isCollecting)
              expect(bids[0]?.[0] ?? 0, "the book is never crossed").to.be.below(
                asks[0]?.[0] ?? Number.MAX_SAFE_INTEGER,
              );
          }
        }),
        RUNS,
      );
    });

    it("changes nothing when it refuses", () => {
      fc.assert(
        fc.property(commands, (list) => {
          const engine = createEngine(SCRIPT_OPTIONS);
          for (const command of list) {
            const before = engine.stateHash();
            const events = engine.apply(command);
            if (events.every(({ body }) => REFUSALS.has(body.kind))) expect(engine.stateHash()).to.equal(before);
          }
        }),
        RUNS,
      );
    });

    it("has another hash when its book is another", () => {
      fc.assert(
        fc.property(commands, (list) => {
          const engine = createEngine(SCRIPT_OPTIONS);
          const books = new Map<string, string>();
          for (const command of list) {
            engine.apply(command);
            const book = inspect(engine.depth(Number.MAX_SAFE_INTEGER));
            expect(books.get(engine.stateHash()) ?? book).to.equal(book);
            books.set(engine.stateHash(), book);
          }
        }),
        RUNS,
      );
    });

    it("does the same again when it is told the same again", () => {
      fc.assert(
        fc.property(commands, (list) => {
          const [first, second] = [createEngine(SCRIPT_OPTIONS), createEngine(SCRIPT_OPTIONS)];
          const told = (engine: typeof first) => JSON.stringify(list.map((command) => engine.apply(command)));
          expect(told(first)).to.equal(told(second));
          expect(first.stateHash()).to.equal(second.stateHash());
        }),
        RUNS,
      );
    });
  });
}
