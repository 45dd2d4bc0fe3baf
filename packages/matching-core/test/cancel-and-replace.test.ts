import { EMPTY, LADDER, scenario } from "./support/market-scenario.js";

describe("Cancel and replace", () => {
  scenario(
    "cancel: a bid",
    LADDER,
    `
    cancel 5 > canceled
    book 81593:40 81590:1 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "cancel: an ask in front of another",
    LADDER,
    `
    cancel 2 > canceled
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:25 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "cancel: the only ask of a price",
    LADDER,
    `
    cancel 1 > canceled
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:75 200954:10 201000:60
  `,
  );

  scenario(
    "cancel: the last order takes its level along",
    LADDER,
    `
    cancel 2 > canceled
    cancel 3 > canceled
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "cancel: the only bid",
    EMPTY,
    `
    charlie/203 buys 500@18500
    book 18500:500 |
    cancel 203 > canceled
    book |
  `,
  );

  scenario(
    "cancel: the younger of two asks",
    EMPTY,
    `
    1 buys 10@10.5
    2 sells 10@10.6
    3 sells 5@10.6
    book 10.5:10 | 10.6:15
    cancel 3 > canceled
    book 10.5:10 | 10.6:10
  `,
  );

  scenario(
    "cancel: leaves an empty book",
    EMPTY,
    `
    301 buys 100@500
    book 500:100 |
    cancel 301 > canceled
    book |
  `,
  );

  scenario(
    "cancel: an unknown order is refused",
    LADDER,
    `
    cancel 5291 > refused (unknown_order)
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "cancel: an unknown order is refused in an empty book, too",
    EMPTY,
    `
    cancel 999999 > refused (unknown_order)
    book |
  `,
  );

  scenario(
    "cancel: another's order is refused as if unknown",
    LADDER,
    `
    cancel 3 by tom > refused (unknown_order)
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "replace: a smaller quantity",
    LADDER,
    `
    replace 5 17@81590 > replaced, keeps its place
    book 81593:40 81590:18 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "replace: a smaller quantity of an ask",
    EMPTY,
    `
    1 buys 10@10.5
    2 sells 10@10.6
    replace 2 5@10.6 > replaced, keeps its place
    book 10.5:10 | 10.6:5
  `,
  );

  scenario(
    "replace: an unknown order is refused",
    LADDER,
    `
    replace 2433 1@300 > refused (unknown_order)
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "replace: another's orders are refused as if unknown",
    LADDER,
    `
    replace 2 50@100 by tom > refused (unknown_order)
    replace 8 28@100 by tom > refused (unknown_order)
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "replace: another's quantity can't be made smaller",
    LADDER,
    `
    replace 8 25@201000 by tom > refused (unknown_order)
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "replace: to the price of others",
    LADDER,
    `
    replace 7 20@81590 > replaced
    book 81593:40 81590:41 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "replace: to a price of its own",
    LADDER,
    `
    replace 7 20@81594 > replaced
    book 81594:20 81593:40 81590:21 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "replace: a price that crosses trades at once",
    LADDER,
    `
    tom/83 buys 20@81200
    book 81593:40 81590:21 81200:40 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
    replace 83 20@81602 > replaced; 20@81599 from 2
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:55 81600:100 200954:10 201000:60
  `,
  );

  scenario(
    "replace: trades over two prices",
    LADDER,
    `
    tom/83 buys 100@81594
    replace 83 100@81600 > replaced; 50@81599 from 2; 25@81599 from 3; 25@81600 from 1
    book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81600:75 200954:10 201000:60
  `,
  );

  scenario(
    "replace: takes all asks, the rest becomes a bid",
    LADDER,
    `
    tom/83 buys 246@81594
    replace 83 246@201000 > replaced; 50@81599 from 2; 25@81599 from 3; 100@81600 from 1; 10@200954 from 10; 28@201000 from 8; 32@201000 from 9
    book 201000:1 81593:40 81590:21 81200:20 10000:13 9136:2 |
  `,
  );

  scenario(
    "replace: the total counts what was filled before",
    EMPTY,
    `
    alice/101 sells 7@1600
    alice/102 buys 4@1550
    book 1550:4 | 1600:7
    bob/201 buys 2@1700 ioc > 2@1600 from 101
    book 1550:4 | 1600:5
    bob/202 buys 4@1583
    book 1583:4 1550:4 | 1600:5
    replace 101 7@1580 > replaced; 4@1583 from 202
    book 1550:4 | 1580:1
  `,
  );

  scenario(
    "replace: a larger quantity goes to the back",
    EMPTY,
    `
    a buys 10@100
    c buys 10@100
    replace a 11@100 > replaced
    t sells 10@100 > 10@100 from c
    book 100:11 |
  `,
  );

  scenario(
    "replace: the total and the price that it has already change nothing",
    EMPTY,
    `
    a buys 10@100
    c buys 10@100
    replace a 10@100 > replaced, keeps its place
    replace a 10@100 > replaced, keeps its place
    t sells 4@100 > 4@100 from a
    replace a 10@100 > replaced, keeps its place
    u sells 1@100 > 1@100 from a
    book 100:15 |
  `,
  );

  scenario(
    "replace: a smaller quantity keeps its place",
    EMPTY,
    `
    a buys 10@100
    c buys 10@100
    replace a 4@100 > replaced, keeps its place
    t sells 10@100 > 4@100 from a; 6@100 from c
    book 100:4 |
  `,
  );

  scenario(
    "replace: away and back is the back of the queue",
    EMPTY,
    `
    a buys 10@100
    c buys 10@100
    replace a 10@99 > replaced
    replace a 10@100 > replaced
    t sells 10@100 > 10@100 from c
    book 100:10 |
  `,
  );

  scenario(
    "replace: at or below what is filled, the rest is canceled",
    EMPTY,
    `
    1 sells 10@100
    2 buys 4@100 > 4@100 from 1
    replace 1 4@100 > canceled (below_filled)
    replace 1 4@100 > refused (unknown_order)
    cancel 2 > refused (unknown_order)
    book |
  `,
  );

  scenario(
    "replace: a post-only order may not move to where it would trade",
    EMPTY,
    `
    1 sells 5@100 post
    2 buys 5@90
    replace 1 5@90 > refused (would_trade)
    replace 1 5@91 > replaced
    book 90:5 | 91:5
  `,
  );

  scenario(
    "replace: an incoming order again, so self-trade prevention asks it",
    EMPTY,
    `
    ann/1 sells 5@100
    ann/2 buys 5@90 stp=oldest
    replace 2 7@100 > replaced; 1: canceled (self_trade)
    book 100:7 |
  `,
  );

  scenario(
    "replace: a smaller iceberg shows no more than it has, a moved one shows a new slice",
    EMPTY,
    `
    1 sells 10@100 shows=4
    2 buys 3@100 > 3@100 from 1
    book | 100:1
    replace 1 8@100 > replaced, keeps its place
    book | 100:1
    replace 1 8@101 > replaced
    book | 101:4
    replace 1 5@101 > replaced, keeps its place
    book | 101:2
  `,
  );

  scenario(
    "replace: a waiting stop can be canceled, not replaced",
    EMPTY,
    `
    1 buys 5@100 stop=90 > waits
    replace 1 4@100 > refused (unsupported)
    replace 1 4@100 by bob > refused (unknown_order)
    cancel 1 > canceled
    cancel 1 > refused (unknown_order)
  `,
  );

  scenario(
    "cancel all: the account's orders, oldest first, stops too",
    EMPTY,
    `
    ann/1 sells 1@102
    ann/2 buys 1@90
    ann/3 sells 1@101 stop=80 > waits
    bob/4 sells 1@101
    cancel all ann buys > 2: canceled
    cancel all ann > 1: canceled; 3: canceled
    cancel all ann
    book | 101:1
  `,
  );
});
