import { EMPTY, scenario } from "./support/market-scenario.js";

describe("Self-trade prevention", () => {
  scenario(
    "oldest: every own bid in the way goes, the sell rests",
    EMPTY,
    `
    alice/maker-buy-100 buys 5@100
    alice/maker-buy-90 buys 5@90
    alice/t sells 3@90 stp=oldest > maker-buy-100: canceled (self_trade); maker-buy-90: canceled (self_trade)
    book | 90:3
  `,
  );

  scenario(
    "newest: the incoming sell goes",
    EMPTY,
    `
    alice/maker-buy-100 buys 5@100
    alice/t sells 3@90 stp=newest > canceled (self_trade)
    book 100:5 |
  `,
  );

  scenario(
    "both: both go",
    EMPTY,
    `
    alice/maker-buy-100 buys 5@100
    alice/t sells 3@90 stp=both > maker-buy-100: canceled (self_trade); canceled (self_trade)
    book |
  `,
  );

  scenario(
    "decrement: a larger incoming order lives on",
    EMPTY,
    `
    x/m buys 5@100
    x/t sells 8@100 stp=decrement > m: canceled (self_trade); reduced to 3
    book | 100:3
    left t 3
  `,
  );

  scenario(
    "decrement: a larger resting order lives on",
    EMPTY,
    `
    x/m buys 8@100
    x/t sells 5@100 stp=decrement > m: reduced to 3; canceled (self_trade)
    book 100:3 |
    left m 3
  `,
  );

  scenario(
    "decrement: equal orders end each other",
    EMPTY,
    `
    x/m buys 5@100
    x/t sells 5@100 stp=decrement > m: canceled (self_trade); canceled (self_trade)
    book |
  `,
  );

  scenario(
    "oldest: the incoming order goes on to trade with others",
    EMPTY,
    `
    x/m buys 5@101
    y/o buys 5@100
    x/t sells 7@100 stp=oldest > m: canceled (self_trade); 5@100 from o
    book | 100:2
  `,
  );

  scenario(
    "newest: what traded before stands",
    EMPTY,
    `
    y/o buys 5@101
    x/m buys 5@100
    x/t sells 12@100 stp=newest > 5@101 from o; canceled (self_trade)
    book 100:5 |
  `,
  );

  scenario(
    "both: orders behind are left alone",
    EMPTY,
    `
    x/m buys 5@101
    y/o buys 5@100
    x/t sells 12@100 stp=both > m: canceled (self_trade); canceled (self_trade)
    book 100:5 |
  `,
  );

  scenario(
    "decrement: hidden quantity counts, and the slice is no larger than what is left",
    EMPTY,
    `
    ann/1 sells 10@100 shows=4
    ann/2 buys 8@100 stp=decrement > 1: reduced to 2; canceled (self_trade)
    book | 100:2
  `,
  );

  scenario(
    "the incoming order's mode counts, not the resting one's",
    EMPTY,
    `
    ann/1 sells 5@100 stp=both
    ann/2 buys 5@100 stp=none > 5@100 from 1
  `,
  );

  scenario(
    "a market buy by budget is prevented, too",
    EMPTY,
    `
    ann/1 sells 5@0.10
    bob/2 sells 5@0.20
    ann/3 spends 100 stp=newest > canceled (self_trade)
    ann/4 spends 100 stp=oldest > 1: canceled (self_trade); 5@0.2 from 2
  `,
  );
});
