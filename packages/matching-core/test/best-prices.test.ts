import { EMPTY, scenario } from "./support/market-scenario.js";

/** Two bids and two asks, the better of each side from user1 and from user2. */
const TWO_LEVELS = `
  user1/1-1 buys 100@10
  best 10:100 |
  user1/1-2 sells 100@12
  best 10:100 | 12:100
  user2/2-101 buys 100@9
  best 10:100 | 12:100
  user2/2-102 sells 100@11
  best 10:100 | 11:100
`;

describe("The best prices, step by step", () => {
  scenario(
    "two traders add on both sides and cross twice",
    TWO_LEVELS,
    `
    user1/1-3 buys 100@11 > 100@11 from 2-102
    best 10:100 | 12:100
    user2/2-103 sells 100@10 > 100@10 from 1-1
    best 9:100 | 12:100
    user1/1-4 buys 100@10
    best 10:100 | 12:100
    user2/2-104 sells 100@11
    best 10:100 | 11:100
  `,
  );

  scenario(
    "the only bid trades away",
    EMPTY,
    `
    user1/1-1 buys 100@10
    best 10:100 |
    user1/1-2 sells 100@12
    best 10:100 | 12:100
    user2/2-102 sells 100@11
    best 10:100 | 11:100
    user2/2-103 sells 100@10 > 100@10 from 1-1
    best | 11:100
    user1/1-3 buys 100@10
    best 10:100 | 11:100
  `,
  );

  scenario(
    "the best ask trades away",
    EMPTY,
    `
    user1/1-1 buys 100@10
    best 10:100 |
    user2/2-101 buys 100@9
    best 10:100 |
    user2/2-102 sells 100@11
    best 10:100 | 11:100
    user1/1-2 buys 100@11 > 100@11 from 2-102
    best 10:100 |
    user2/2-103 sells 100@11
    best 10:100 | 11:100
  `,
  );

  scenario(
    "a sell below the best bid trades at the bid",
    TWO_LEVELS,
    `
    user2/2-103 sells 100@9 > 100@10 from 1-1
    best 9:100 | 11:100
  `,
  );

  scenario(
    "a buy above the best ask trades at the ask",
    TWO_LEVELS,
    `
    user1/1-103 buys 100@12 > 100@11 from 2-102
    best 10:100 | 12:100
  `,
  );

  scenario(
    "a market sell takes the best bid",
    TWO_LEVELS,
    `
    user2/2-103 sells 100@market > 100@10 from 1-1
    best 9:100 | 11:100
  `,
  );

  scenario(
    "a market buy takes the best ask",
    TWO_LEVELS,
    `
    user1/1-3 buys 100@market > 100@11 from 2-102
    best 10:100 | 12:100
  `,
  );

  scenario(
    "new orders narrow the spread",
    EMPTY,
    `
    user1/1-1 buys 100@10
    best 10:100 |
    user1/1-2 sells 100@16
    best 10:100 | 16:100
    user2/2-101 buys 100@9
    best 10:100 | 16:100
    user2/2-102 sells 100@15
    best 10:100 | 15:100
    user2/2-103 buys 100@11
    best 11:100 | 15:100
    user1/1-3 sells 100@14
    best 11:100 | 14:100
  `,
  );

  scenario(
    "a market sell takes a part of the best bid",
    TWO_LEVELS,
    `
    user2/2-103 sells 20@market > 20@10 from 1-1
    best 10:80 | 11:100
  `,
  );

  scenario(
    "a market buy takes a part of the best ask",
    TWO_LEVELS,
    `
    user1/1-3 buys 20@market > 20@11 from 2-102
    best 10:100 | 11:80
  `,
  );

  scenario(
    "a limit sell takes a part of the best bid",
    TWO_LEVELS,
    `
    user2/2-103 sells 20@10 > 20@10 from 1-1
    best 10:80 | 11:100
  `,
  );

  scenario(
    "a limit buy takes a part of the best ask",
    TWO_LEVELS,
    `
    user1/1-3 buys 20@11 > 20@11 from 2-102
    best 10:100 | 11:80
  `,
  );

  scenario(
    "two orders at each best price trade oldest first",
    TWO_LEVELS,
    `
    user2/2-103 buys 50@10
    best 10:150 | 11:100
    user1/1-3 sells 50@11
    best 10:150 | 11:150
    user1/1-4 buys 100@11 > 100@11 from 2-102
    best 10:150 | 11:50
    user2/2-104 sells 100@10 > 100@10 from 1-1
    best 10:50 | 11:50
  `,
  );

  scenario(
    "the best of each side is canceled",
    TWO_LEVELS,
    `
    cancel 1-1 > canceled
    best 9:100 | 11:100
    cancel 2-102 > canceled
    best 9:100 | 12:100
  `,
  );

  scenario(
    "an order behind the best of each side is canceled",
    TWO_LEVELS,
    `
    cancel 1-2 > canceled
    best 10:100 | 11:100
    cancel 2-101 > canceled
    best 10:100 | 11:100
  `,
  );

  scenario(
    "all bids are canceled",
    TWO_LEVELS,
    `
    cancel 1-1 > canceled
    best 9:100 | 11:100
    cancel 2-101 > canceled
    best | 11:100
  `,
  );
});
