import { EMPTY, STAIRS, scenario } from "./support/market-scenario.js";

describe("Stops and icebergs", () => {
  scenario(
    "stop-market: triggers on the way up and on the way down",
    STAIRS,
    `
    m1 buys 3@market > 2@100 from sell-100; 1@110 from sell-110
    stopb buys 1@market stop=120 > waits
    m2 buys 2@market > 1@110 from sell-110; 1@120 from sell-120; stopb: triggered; stopb: 1@120 from sell-120
    stops sells 2@market stop=100 > waits
    m3 sells 2@market > 2@90 from buy-90; stops: triggered; stops: 2@80 from buy-80
    book 70:2 60:2 50:2 | 130:2 140:2
  `,
  );

  scenario(
    "stop-limit: an IOC finds nothing, a GTC rests",
    STAIRS,
    `
    m1 buys 3@market > 2@100 from sell-100; 1@110 from sell-110
    slb buys 1@130 ioc stop=120 > waits
    m2 buys 6@market > 1@110 from sell-110; 2@120 from sell-120; 2@130 from sell-130; 1@140 from sell-140; slb: triggered; slb: canceled (immediate_or_cancel)
    m3 sells 1@market > 1@90 from buy-90
    sls sells 1@70 stop=80 > waits
    m4 sells 6@market > 1@90 from buy-90; 2@80 from buy-80; 2@70 from buy-70; 1@60 from buy-60; sls: triggered
    book 60:1 50:2 | 70:1 140:1
  `,
  );

  scenario(
    "iceberg: shows a slice, each new slice queues at the back",
    EMPTY,
    `
    001 buys 100@10
    002 sells 400@10.2
    003 buys 500@9.9
    004 buys 10000@9.9 shows=100
    005 buys 200@9.9
    006 sells 1500@9.9 > 100@10 from 001; 500@9.9 from 003; 100@9.9 from 004; 200@9.9 from 005; 600@9.9 from 004
    book 9.9:100 | 10.2:400
    left 004 9300
  `,
  );

  const AT_100 = `
    1 sells 1@100
    2 buys 1@100 > 1@100 from 1
  `;

  scenario(
    "stop: its condition holds already, so it triggers at once",
    AT_100,
    `
    3 sells 5@105
    4 buys 2@market stop=100 > triggered; 2@105 from 3
    5 buys 2@110 stop=106 > waits
    6 sells 2@99 stop=105 > triggered
    book | 99:2 105:3
  `,
  );

  scenario(
    "stop: before the first trade nothing triggers",
    EMPTY,
    `
    1 buys 1@market stop=1 > waits
    2 sells 1@market stop=1000 > waits
  `,
  );

  scenario(
    "stops: nearest first, then oldest, each to its end, and they trigger others",
    AT_100,
    `
    far buys 1@market stop=103 > waits
    old buys 1@market stop=102 > waits
    young buys 1@market stop=102 > waits
    near buys 1@market stop=101 > waits
    a sells 2@101
    b sells 1@102
    c sells 2@103
    t buys 1@101 > 1@101 from a; near: triggered; near: 1@101 from a
    u buys 1@102 > 1@102 from b; old: triggered; old: 1@103 from c; young: triggered; young: 1@103 from c; far: triggered; far: canceled (immediate_or_cancel)
  `,
  );

  scenario(
    "stops: the order that triggers them comes to its end first",
    AT_100,
    `
    s buys 1@market stop=101 > waits
    a sells 1@101
    b sells 1@102
    c sells 1@103
    t buys 2@102 > 1@101 from a; 1@102 from b; s: triggered; s: 1@103 from c
  `,
  );

  scenario(
    "stops: sells trigger on the way down, the highest first",
    AT_100,
    `
    low sells 1@95 stop=97 > waits
    high sells 1@96 stop=98 > waits
    b buys 1@97
    t sells 1@97 > 1@97 from b; high: triggered; low: triggered
    book | 95:1 96:1
  `,
  );

  scenario(
    "stop: an incoming order when it triggers, for self-trade prevention, FOK and post-only",
    AT_100,
    `
    ann/1a sells 5@101
    ann/s1 buys 5@101 stop=101 stp=newest > waits
    bob/s2 buys 9@101 fok stop=101 > waits
    cat/s3 buys 5@101 post stop=101 > waits
    t buys 1@101 > 1@101 from 1a; s1: triggered; s1: canceled (self_trade); s2: triggered; s2: canceled (fill_or_kill); s3: triggered; s3: canceled (would_trade)
  `,
  );

  scenario(
    "iceberg: takes with all it has, then shows a slice",
    EMPTY,
    `
    1 buys 6@100
    2 sells 20@100 shows=5 > 6@100 from 1
    book | 100:5
    left 2 14
  `,
  );

  scenario(
    "iceberg: one alone at its price trades slice after slice",
    EMPTY,
    `
    1 sells 10@100 shows=3
    2 buys 10@100 > 10@100 from 1
    book |
  `,
  );
});
