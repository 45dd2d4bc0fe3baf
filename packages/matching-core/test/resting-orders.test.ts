import { EMPTY, LADDER, scenario } from "./support/market-scenario.js";

const WITHOUT_CROSS = `
  10000 buys 25500@98
  10005 sells 20000@105
  10001 sells 500@100
  10002 sells 10000@100
  10003 buys 50000@99
  10004 sells 100@103
  book 99:50000 98:25500 | 100:10500 103:100 105:20000
`;

describe("Orders that rest and trade", () => {
  scenario(
    "every price has its level, far from the market or near it, whatever the quantity",
    LADDER,
    `
    mia/93 sells 1@81598
    mia/94 buys 9000000000@81594
    book 81594:9000000000 81593:40 81590:21 81200:20 10000:13 9136:2 | 81598:1 81599:75 81600:100 200954:10 201000:60
    mia/95 sells 13000000000@130000
    mia/96 buys 4@1000
    book 81594:9000000000 81593:40 81590:21 81200:20 10000:13 9136:2 1000:4 | 81598:1 81599:75 81600:100 130000:13000000000 200954:10 201000:60
  `,
  );

  scenario(
    "an order id that was used before is refused before anything trades",
    LADDER,
    `
    mia/1 sells 100@81600 > rejected (duplicate_order_id)
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "a buy at the best ask takes the front of its queue",
    LADDER,
    `
    tom/123 buys 1@81599 > 1@81599 from 2
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:74 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "what is left of a buy after it took a level becomes the best bid",
    LADDER,
    `
    tom/123 buys 77@81599 > 50@81599 from 2; 25@81599 from 3
    book 81599:2 81593:40 81590:21 81200:20 10000:13 9136:2 | 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "a buy goes on to the next price when the first is used up",
    LADDER,
    `
    tom/123 buys 77@81600 > 50@81599 from 2; 25@81599 from 3; 2@81600 from 1
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81600:98 200954:10 201000:60
  `,
  );

  scenario(
    "a buy for more than there is takes everything and rests at its own price",
    LADDER,
    `
    tom/123 buys 1000@220000 > 50@81599 from 2; 25@81599 from 3; 100@81600 from 1; 10@200954 from 10; 28@201000 from 8; 32@201000 from 9
    book 220000:755 81593:40 81590:21 81200:20 10000:13 9136:2 |
  `,
  );

  scenario(
    "a smaller sell leaves the rest of the bid where it was",
    EMPTY,
    `
    1 buys 10@10.5
    2 sells 5@10.5 > 5@10.5 from 1
    book 10.5:5 |
  `,
  );

  scenario(
    "two bids at one price trade in the order they came",
    EMPTY,
    `
    1 buys 10@10.5
    2 buys 5@10.5
    3 sells 20@10.5 > 10@10.5 from 1; 5@10.5 from 2
    book | 10.5:5
  `,
  );

  scenario(
    "a crossing sell trades at the bid's price and rests",
    EMPTY,
    `
    1 buys 10@10
    2 buys 5@10.5
    3 buys 20@10
    4 buys 30@9.5
    5 sells 15@11.5
    6 sells 10@11
    7 sells 20@12
    8 sells 30@13.5
    9 sells 15@10.5 > 5@10.5 from 2
    book 10:30 9.5:30 | 10.5:10 11:10 11.5:15 12:20 13.5:30
  `,
  );

  scenario(
    "a buy takes part of the best of several asks",
    EMPTY,
    `
    1 buys 10@134.76
    2 buys 50@134.72
    3 sells 25@134.79
    4 sells 40@135
    5 sells 100@135.05
    6 sells 50@135.08
    7 buys 120@134.2
    book 134.76:10 134.72:50 134.2:120 | 134.79:25 135:40 135.05:100 135.08:50
    8 buys 20@134.79 > 20@134.79 from 3
    book 134.76:10 134.72:50 134.2:120 | 134.79:5 135:40 135.05:100 135.08:50
  `,
  );

  scenario(
    "orders at one price add up",
    EMPTY,
    `
    1 buys 5@239.23
    2 sells 15@239.28
    3 sells 2@239.3
    4 buys 20@239.14
    5 buys 25@239.12
    6 buys 10@239.14
    7 sells 80@239.32
    book 239.23:5 239.14:30 239.12:25 | 239.28:15 239.3:2 239.32:80
  `,
  );

  scenario(
    "half of a resting sell trades",
    EMPTY,
    `
    101 sells 100@15000
    102 buys 50@15000 > 50@15000 from 101
    book | 15000:50
  `,
  );

  scenario(
    "a part of a resting sell trades",
    EMPTY,
    `
    401 sells 100@15000
    402 buys 30@15000 > 30@15000 from 401
    book | 15000:70
  `,
  );

  scenario(
    "a buy above the ask pays the ask",
    EMPTY,
    `
    501 sells 50@10000
    502 buys 50@10500 > 50@10000 from 501
    book |
  `,
  );

  scenario(
    "two buys take two sells first in, first out",
    EMPTY,
    `
    601 sells 10@1000
    602 sells 10@1000
    603 buys 10@1000 > 10@1000 from 601
    604 buys 10@1000 > 10@1000 from 602
    book |
  `,
  );

  scenario(
    "a sell below the bid trades at the bid and rests at its own price",
    EMPTY,
    `
    701 buys 10@100
    702 sells 25@90 > 10@100 from 701
    book | 90:15
  `,
  );

  scenario(
    "bids stand from high to low",
    EMPTY,
    `
    1101 buys 1@100
    1102 buys 1@99
    1103 buys 1@98
    book 100:1 99:1 98:1 |
  `,
  );

  scenario(
    "a buy sweeps two levels and rests at its limit",
    EMPTY,
    `
    1301 sells 10@100
    1302 sells 10@101
    1303 buys 25@102 > 10@100 from 1301; 10@101 from 1302
    book 102:5 |
  `,
  );

  scenario(
    "a sell sweeps bids by price, then by age",
    EMPTY,
    `
    b1 buys 1000@99
    b2 buys 1200@98
    b3 buys 500@99
    s1 sells 2000@101
    s2 sells 2000@95 > 1000@99 from b1; 500@99 from b3; 500@98 from b2
    book 98:700 | 101:2000
  `,
  );

  scenario("a book without a cross", WITHOUT_CROSS, "");

  scenario(
    "a buy sweeps three levels and ends inside the third",
    WITHOUT_CROSS,
    `
    10006 buys 16000@105 > 500@100 from 10001; 10000@100 from 10002; 100@103 from 10004; 5400@105 from 10005
    book 99:50000 98:25500 | 105:14600
  `,
  );

  scenario(
    "equal and opposite orders leave nothing",
    EMPTY,
    `
    1 buys 100@9.9
    2 sells 100@9.9 > 100@9.9 from 1
    book |
  `,
  );

  scenario(
    "a cheaper ask that came later goes first",
    EMPTY,
    `
    1 sells 1000@50
    2 buys 100@51 > 100@50 from 1
    3 sells 200@49
    4 buys 300@52 > 200@49 from 3; 100@50 from 1
    book | 50:800
  `,
  );

  scenario(
    "the older of two asks goes first until it is used up",
    EMPTY,
    `
    1 sells 1000@50
    2 buys 100@51 > 100@50 from 1
    3 sells 200@50
    4 buys 200@52 > 200@50 from 1
    book | 50:900
    left 1 700
    left 3 200
  `,
  );

  scenario(
    "the remainder of a large sell rests",
    EMPTY,
    `
    1 buys 100@51
    2 sells 1000@50 > 100@51 from 1
    book | 50:900
  `,
  );

  scenario(
    "a difference of one tick is no trade",
    EMPTY,
    `
    1 buys 100@50
    2 sells 1000@50.01
    book 50:100 | 50.01:1000
  `,
  );

  scenario(
    "a sell that crosses one bid rests with what is left",
    EMPTY,
    `
    001 buys 100@10
    002 buys 100@9.99
    003 sells 400@10.02
    004 sells 100@10.02
    005 sells 500@10 > 100@10 from 001
    book 9.99:100 | 10:400 10.02:500
  `,
  );

  scenario(
    "a level holds more than 2^53 lots in all",
    EMPTY,
    `
    1 sells 9007199254740991@90071992547409.91
    2 sells 9007199254740991@90071992547409.91
    3 sells 9007199254740991@90071992547409.91
    book | 90071992547409.91:27021597764222973
    4 buys 9007199254740991@90071992547409.91 > 9007199254740991@90071992547409.91 from 1
    cancel 2 > canceled
    book | 90071992547409.91:9007199254740991
  `,
  );
});
