import { EMPTY, LADDER, STAIRS, scenario } from "./support/market-scenario.js";

describe("Immediate orders and those that must not trade", () => {
  scenario(
    "IOC: takes a part of the best bid",
    LADDER,
    `
    tom/123 sells 10@1 ioc > 10@81593 from 4
    book 81593:30 81590:21 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "IOC: takes all of the best bid",
    LADDER,
    `
    tom/123 sells 40@1 ioc > 40@81593 from 4
    book 81590:21 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "IOC: takes the best bid and a part of the next",
    LADDER,
    `
    tom/123 sells 41@1 ioc > 40@81593 from 4; 1@81590 from 5
    book 81590:20 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
    left 5 19
  `,
  );

  scenario(
    "IOC: takes several levels exactly",
    LADDER,
    `
    tom/123 buys 175@400000 ioc > 50@81599 from 2; 25@81599 from 3; 100@81600 from 1
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 200954:10 201000:60
  `,
  );

  scenario(
    "IOC: what nobody sells is canceled",
    LADDER,
    `
    tom/123 buys 270@400000 ioc > 50@81599 from 2; 25@81599 from 3; 100@81600 from 1; 10@200954 from 10; 28@201000 from 8; 32@201000 from 9; canceled (immediate_or_cancel)
    book 81593:40 81590:21 81200:20 10000:13 9136:2 |
  `,
  );

  scenario(
    "IOC: the part that finds no bid is canceled",
    EMPTY,
    `
    001 buys 100@10
    002 buys 100@9.99
    003 sells 400@10.02
    004 sells 100@10.02
    005 sells 500@10 ioc > 100@10 from 001; canceled (immediate_or_cancel)
    book 9.99:100 | 10.02:500
  `,
  );

  scenario(
    "FOK: not enough in reach, so nothing trades",
    EMPTY,
    `
    001 buys 100@10
    002 buys 100@9.99
    003 sells 400@10.02
    004 sells 100@10.02
    005 sells 500@10 fok > canceled (fill_or_kill)
    book 10:100 9.99:100 | 10.02:500
  `,
  );

  scenario(
    "FOK and IOC side by side",
    STAIRS,
    `
    fok-b100 buys 3@100 fok > canceled (fill_or_kill)
    fok-s90 sells 3@90 fok > canceled (fill_or_kill)
    fok-b-big buys 30@100 fok > canceled (fill_or_kill)
    fok-s-big sells 30@90 fok > canceled (fill_or_kill)
    ioc-b100 buys 3@100 ioc > 2@100 from sell-100; canceled (immediate_or_cancel)
    ioc-s90 sells 3@90 ioc > 2@90 from buy-90; canceled (immediate_or_cancel)
    fok-b110 buys 2@120 fok > 2@110 from sell-110
    fok-s70 sells 4@70 fok > 2@80 from buy-80; 2@70 from buy-70
    book 60:2 50:2 | 120:2 130:2 140:2
  `,
  );

  scenario(
    "market: sweeps two asks",
    EMPTY,
    `
    201 sells 10@1000
    202 sells 20@1010
    203 buys 25@market > 10@1000 from 201; 15@1010 from 202
    book | 1010:5
  `,
  );

  scenario(
    "market: sweeps two bids",
    EMPTY,
    `
    1401 buys 10@90
    1402 buys 20@80
    1403 sells 25@market > 10@90 from 1401; 15@80 from 1402
    book 80:5 |
  `,
  );

  scenario(
    "post-only: rests beside others, refused when it would trade",
    STAIRS,
    `
    order-b90 buys 2@90 post
    order-b100 buys 3@100 post > rejected (would_trade)
    book 90:4 80:2 70:2 60:2 50:2 | 100:2 110:2 120:2 130:2 140:2
  `,
  );

  scenario(
    "post-only: may be the maker of a trade",
    EMPTY,
    `
    1 buys 5@11 post
    2 sells 5@11 > 5@11 from 1
    book |
  `,
  );

  scenario(
    "post-only: refused at the price of a bid",
    EMPTY,
    `
    1 buys 5@11
    2 sells 5@11 post > rejected (would_trade)
    book 11:5 |
  `,
  );

  scenario(
    "FOK: the hidden part of an iceberg counts",
    EMPTY,
    `
    ice sells 50@100 shows=5
    f buys 50@100 fok > 50@100 from ice
    book |
  `,
  );

  scenario(
    "FOK: own orders don't count, and none of them is canceled when it is killed",
    EMPTY,
    `
    ann/1 sells 5@100
    bob/2 sells 5@100
    ann/3 buys 10@100 fok stp=oldest > canceled (fill_or_kill)
    ann/4 buys 6@100 fok stp=newest > canceled (fill_or_kill)
    ann/5 buys 5@100 fok stp=decrement > canceled (fill_or_kill)
    ann/6 buys 5@100 fok stp=oldest > 1: canceled (self_trade); 5@100 from 2
    book |
  `,
  );

  scenario(
    "FOK: an own order in the queue stands before the hidden parts",
    EMPTY,
    `
    bob/1 sells 10@100 shows=2
    ann/2 sells 1@100
    ann/3 buys 5@100 fok stp=newest > canceled (fill_or_kill)
    ann/4 buys 2@100 fok stp=newest > 2@100 from 1
    left 1 8
  `,
  );

  scenario(
    "minimum: refused when not that much is there, rests with the remainder when it is",
    EMPTY,
    `
    1 sells 4@100
    2 buys 10@100 min=5 > rejected (minimum_quantity)
    3 buys 10@100 min=4 > 4@100 from 1
    book 100:6 |
  `,
  );

  scenario(
    "minimum: what decrement takes away is not traded",
    EMPTY,
    `
    ann/1 sells 3@100
    bob/2 sells 9@100
    ann/3 buys 10@100 min=8 stp=decrement > rejected (minimum_quantity)
    ann/4 buys 10@100 min=7 stp=decrement > 1: canceled (self_trade); reduced to 7; 7@100 from 2
    book | 100:2
  `,
  );

  scenario(
    "budget: buys whole lots until the money is short of the next",
    EMPTY,
    `
    1 sells 10@0.07
    2 sells 10@0.09
    3 spends 100 > 10@0.07 from 1; 3@0.09 from 2
    4 spends 5 > canceled (quote_budget_spent)
    5 spends 63 > 7@0.09 from 2
    6 spends 63 > canceled (immediate_or_cancel)
  `,
  );

  scenario(
    "budget: is filled with the last lot that it can pay, is canceled where nobody is left or in reach",
    EMPTY,
    `
    1 sells 10@0.07
    2 sells 10@0.50
    3 spends 100 > 10@0.07 from 1
    4 sells 1@0.07
    5 spends 100 > 1@0.07 from 4; 1@0.5 from 2
    6 buys 1@0.50 > 1@0.5 from 2
    7 buys 8@0.50 > 8@0.5 from 2
    8 sells 1@0.07
    9 spends 100 > 1@0.07 from 8; canceled (immediate_or_cancel)
  `,
  );

  scenario(
    "budget: the largest one at the smallest price is exact",
    EMPTY,
    `
    1 sells 9007199254740991@0.01
    2 spends 9007199254740991 > 9007199254740991@0.01 from 1
    book |
  `,
  );

  scenario(
    "GTD: gone when the clock reaches its expiry, before the command that brought the time acts",
    EMPTY,
    `
    1 sells 5@100 until=2000
    2 sells 5@101 until=1000
    3 sells 5@102 until=1000 stop=50 > waits
    clock 999
    book | 100:5 101:5
    clock 1000 > 2: expired; 3: expired
    book | 100:5
    clock 2500 > 1: expired
    4 buys 1@200 until=2500 > rejected (expired)
    5 buys 1@200 until=2501
  `,
  );
});
