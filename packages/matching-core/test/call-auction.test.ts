import { expect } from "chai";
import { ENGINES } from "./support/engines.js";
import { EMPTY, scenario } from "./support/market-scenario.js";
import { playScript, SCRIPT_OPTIONS } from "./support/market-script.js";

describe("A call auction", () => {
  scenario(
    "collects without trading, uncrosses at one price, goes on trading",
    EMPTY,
    `
    asset auction
    1 buys 10@102
    2 sells 4@99
    3 sells 10@101
    book 102:10 | 99:4 101:10
    asset open > 2: 4@101 from 1; 3: 6@101 from 1
    book | 101:4
    4 buys 5@101 > 4@101 from 3
  `,
  );

  scenario(
    "trades at the price that trades the most",
    EMPTY,
    `
    asset auction
    1 buys 5@103
    2 buys 5@101
    3 sells 5@100
    4 sells 5@101
    5 sells 5@102
    asset open > 3: 5@101 from 1; 4: 5@101 from 2
    book | 102:5
  `,
  );

  scenario(
    "of prices that trade the same, takes the one with the least imbalance",
    EMPTY,
    `
    asset auction
    1 buys 10@105
    2 buys 5@95
    3 sells 10@95
    asset open > 3: 10@95.01 from 1
    book 95:5 |
  `,
  );

  scenario(
    "then the one nearest to the last trade, even where no order stands",
    EMPTY,
    `
    a sells 1@100
    b buys 1@100 > 1@100 from a
    asset auction
    1 buys 10@105
    2 sells 10@95
    asset open > 2: 10@100 from 1
  `,
  );

  scenario(
    "without a last trade the lowest",
    EMPTY,
    `
    asset auction
    1 buys 10@105
    2 sells 10@95
    asset open > 2: 10@95 from 1
  `,
  );

  scenario(
    "trades hidden quantity slice by slice, in turn with others at its price",
    EMPTY,
    `
    asset auction
    1 buys 10@100 shows=2
    2 buys 4@100
    3 sells 9@100
    asset open > 3: 2@100 from 1; 3: 4@100 from 2; 3: 3@100 from 1
    book 100:1 |
    left 1 5
  `,
  );

  scenario(
    "takes what can wait, and nothing that must trade at once",
    EMPTY,
    `
    asset auction
    1 buys 1@market > rejected (asset_in_auction)
    2 buys 1@100 ioc > rejected (asset_in_auction)
    3 buys 1@100 fok > rejected (asset_in_auction)
    4 buys 5@100 min=2 > rejected (asset_in_auction)
    5 spends 100 > rejected (asset_in_auction)
    6 buys 5@100
    7 sells 5@100 post > rejected (would_trade)
    8 sells 5@101 post
    replace 6 4@100 > replaced, keeps its place
    replace 6 4@101 > replaced
    cancel 8 > canceled
    book 101:4 |
  `,
  );

  scenario(
    "prevents self-trades: the younger order's mode counts",
    EMPTY,
    `
    asset auction
    ann/1 buys 5@102 stp=newest
    bob/2 buys 5@101
    ann/3 sells 5@100 stp=oldest
    asset open > 1: canceled (self_trade); 3: 5@100 from 2
  `,
  );

  scenario(
    "uncrosses again where prevention has left the book crossed",
    EMPTY,
    `
    asset auction
    ann/1 buys 10@105 stp=newest
    ann/2 sells 10@100 stp=both
    bob/3 buys 3@101
    cat/4 sells 3@101
    asset open > 1: canceled (self_trade); 2: canceled (self_trade); 4: 3@101 from 3
  `,
  );

  scenario(
    "lets stops wait until the asset is open, then triggers them",
    EMPTY,
    `
    a sells 1@100
    b buys 1@100 > 1@100 from a
    asset auction
    s buys 1@market stop=90 > waits
    1 sells 5@102
    asset open > s: triggered; s: 1@102 from 1
  `,
  );

  scenario(
    "that is halted stays crossed, and uncrosses when the asset opens",
    EMPTY,
    `
    asset auction
    1 buys 5@102
    2 sells 5@101
    asset halted
    book 102:5 | 101:5
    asset open > 2: 5@101 from 1
  `,
  );

  for (const [name, create] of ENGINES)
    it(`says before where it would uncross (${name})`, () => {
      const engine = create(SCRIPT_OPTIONS);
      playScript("1 buys 5@100\nasset auction\n2 buys 7@105\n3 sells 9@99", engine);
      expect(engine.indicative()).to.deep.equal({ priceTicks: 9_900, quantityLots: 9n });
      const calm = create(SCRIPT_OPTIONS);
      playScript("1 buys 5@100\n2 sells 5@101", calm);
      expect(calm.indicative()).to.equal(null);
    });
});
