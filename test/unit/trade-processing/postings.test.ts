import { expect } from "chai";
import { playScript } from "../../../packages/matching-core/test/support/market-script.js";
import { FEE_ACCOUNT } from "../../../src/shared/domain/funds.js";
import type { FeeRates } from "../../../src/shared/domain/messages.js";
import { accountId } from "../../../src/shared/domain/units.js";
import { FundedMarket } from "../../support/funded-market.js";
import { TEST_ASSET } from "../../support/test-asset.js";

const NAMES = ["ann", "bob", "cat"];
const FUNDS = 1_000_000n;
const USUAL: FeeRates = { makerBps: 10, takerBps: 20 };
const REBATE: FeeRates = { makerBps: -10, takerBps: 20 };

/**
 * Plays the script with covered orders and says what it has changed: what everybody has more or less in all, what of that
 * is held, and by how many orders. A lot at 1.00 is worth 1000 units of USD, and is 100 units of BTC itself. `unsettledLots`:
 * fills that order-processing does not know of when it covers a replace.
 */
function changesOf(script: string, rates: FeeRates, unsettledLots: number): string[] {
  const market = new FundedMarket(TEST_ASSET);
  const { base, quote } = TEST_ASSET;
  for (const currency of [quote, base])
    for (const [index] of NAMES.entries()) market.deposit(accountId(index + 1), currency, FUNDS);
  // So that ann is account 1, whoever comes first.
  const given = NAMES.map((name) => `cancel all ${name}`).join("\n");
  playScript(`${given}\n${script}`, {
    apply: (command) => market.apply(market.funded(command, rates, unsettledLots)).events,
    depth: (levelsMax) => market.depth(levelsMax),
  });
  const everybody = [...NAMES.map((name, index) => [name, accountId(index + 1), FUNDS] as const), FEES];
  return everybody.flatMap(([name, account, before]) =>
    [quote, base].flatMap((currency) => {
      const { available, held, openOrders } = market.balance(account, currency);
      const inAll = available + held - before;
      const parts = [inAll === 0n ? "" : ` ${inAll}`, held === 0n ? "" : ` held ${held}`];
      const open = openOrders === 0 ? "" : ` by ${openOrders}`;
      return parts.join("") + open === "" ? [] : [`${name} ${currency}${parts.join("")}${open}`];
    }),
  );
}
const FEES = ["fees", FEE_ACCOUNT, 0n] as const;

interface Case {
  readonly title: string;
  readonly script: string;
  readonly changes: readonly string[];
  readonly rates?: FeeRates;
  readonly unsettledLots?: number;
}

const HOLDS: readonly Case[] = [
  {
    title: "a buy holds its worth and the highest fee",
    script: "ann/1 buys 5@10",
    changes: ["ann USD held 50100 by 1"],
  },
  { title: "a sell holds what it sells", script: "ann/1 sells 5@10", changes: ["ann BTC held 500 by 1"] },
  {
    title: "a stop holds while it waits",
    script: "ann/1 buys 5@10 stop=9",
    changes: ["ann USD held 50100 by 1"],
  },
  {
    title: "two orders of an account hold together",
    script: `ann/1 buys 5@10
      ann/2 buys 1@10`,
    changes: ["ann USD held 60120 by 2"],
  },
  {
    title: "an iceberg holds for what it does not show, too",
    script: "ann/1 sells 5@10 shows=1",
    changes: ["ann BTC held 500 by 1"],
  },
  {
    title: "a replace to more holds more",
    script: `ann/1 buys 5@10
      replace 1 6@11`,
    changes: ["ann USD held 66132 by 1"],
  },
  {
    title: "a replace to less gives back",
    script: `ann/1 buys 5@10
      replace 1 3@10`,
    changes: ["ann USD held 30060 by 1"],
  },
  {
    title: "a sell's replace holds by its quantity alone",
    script: `ann/1 sells 5@10
      replace 1 8@1`,
    changes: ["ann BTC held 800 by 1"],
  },
  {
    title: "a replace whose cover was more than it needed gives the rest back",
    script: `bob/1 sells 2@10
      ann/2 buys 5@10
      replace 2 5@11`,
    unsettledLots: 2,
    changes: ["ann USD -20040 held 33066 by 1", "ann BTC 200", "bob USD 19980", "bob BTC -200", "fees USD 60"],
  },
  {
    title: "a self-trade decrement gives back what it takes off",
    script: `ann/1 sells 5@10
      ann/2 buys 2@10 stp=decrement`,
    changes: ["ann BTC held 300 by 1"],
  },
];

const FILLS: readonly Case[] = [
  {
    title: "a limit buy that fills at its limit",
    script: `bob/1 sells 5@10
      ann/2 buys 5@10`,
    changes: ["ann USD -50100", "ann BTC 500", "bob USD 49950", "bob BTC -500", "fees USD 150"],
  },
  {
    title: "a limit buy that fills in part",
    script: `bob/1 sells 2@10
      ann/2 buys 5@10`,
    changes: ["ann USD -20040 held 30060 by 1", "ann BTC 200", "bob USD 19980", "bob BTC -200", "fees USD 60"],
  },
  {
    title: "a limit buy that fills at a better price",
    script: `bob/1 sells 5@9
      ann/2 buys 5@10`,
    changes: ["ann USD -45090", "ann BTC 500", "bob USD 44955", "bob BTC -500", "fees USD 135"],
  },
  {
    title: "a limit sell that fills at a better price",
    script: `bob/1 buys 5@11
      ann/2 sells 5@10`,
    changes: ["ann USD 54890", "ann BTC -500", "bob USD -55055", "bob BTC 500", "fees USD 165"],
  },
  {
    title: "a limit sell that fills in part and rests",
    script: `bob/1 buys 2@10
      ann/2 sells 5@10`,
    changes: ["ann USD 19960", "ann BTC -200 held 300 by 1", "bob USD -20020", "bob BTC 200", "fees USD 60"],
  },
  {
    title: "a market buy by quantity, up to its protective price",
    script: `bob/1 sells 2@9
      bob/2 sells 2@11
      ann/3 buys 5@market`,
    changes: ["ann USD -18036", "ann BTC 200", "bob USD 17982", "bob BTC -200 held 200 by 1", "fees USD 54"],
  },
  {
    title: "a market sell",
    script: `bob/1 buys 5@10
      ann/2 sells 3@market`,
    changes: ["ann USD 29940", "ann BTC -300", "bob USD -30030 held 20040 by 1", "bob BTC 300", "fees USD 90"],
  },
  {
    title: "a market buy by quote budget, whose rest comes back",
    script: `bob/1 sells 5@9
      ann/2 spends 20000`,
    changes: ["ann USD -18036", "ann BTC 200", "bob USD 17982", "bob BTC -200 held 300 by 1", "fees USD 54"],
  },
  {
    title: "a stop that triggers",
    script: `bob/1 sells 1@9
      bob/2 sells 5@10
      ann/3 buys 5@10 stop=9
      cat/4 buys 1@9`,
    changes: [
      "ann USD -50100",
      "ann BTC 500",
      "bob USD 58941",
      "bob BTC -600",
      "cat USD -9018",
      "cat BTC 100",
      "fees USD 177",
    ],
  },
  {
    title: "an iceberg, slice by slice",
    script: `bob/1 sells 5@10 shows=2
      ann/2 buys 5@10`,
    changes: ["ann USD -50100", "ann BTC 500", "bob USD 49950", "bob BTC -500", "fees USD 150"],
  },
  {
    title: "fills too small for a whole unit of fee, rounded up once for the order",
    script: `bob/1 sells 1@0.01
      cat/2 sells 1@0.01
      ann/3 buys 2@0.01`,
    changes: ["ann USD -21", "ann BTC 200", "bob USD 9", "bob BTC -100", "cat USD 9", "cat BTC -100", "fees USD 3"],
  },
  {
    title: "an account that trades with itself, and pays for both",
    script: `ann/1 sells 5@10
      ann/2 buys 5@10`,
    changes: ["ann USD -150", "fees USD 150"],
  },
  {
    title: "a maker's rebate on a sell",
    script: `bob/1 sells 5@10
      ann/2 buys 5@10`,
    rates: REBATE,
    changes: ["ann USD -50100", "ann BTC 500", "bob USD 50050", "bob BTC -500", "fees USD 50"],
  },
  {
    title: "a maker's rebate on a buy",
    script: `bob/1 buys 5@10
      ann/2 sells 5@10`,
    rates: REBATE,
    changes: ["ann USD 49900", "ann BTC -500", "bob USD -49950", "bob BTC 500", "fees USD 50"],
  },
  {
    title: "fills before and after a replace, at the rates the order came in with",
    script: `bob/1 buys 5@10
      ann/2 sells 2@10
      replace 1 6@11
      ann/3 sells 4@11`,
    changes: ["ann USD 63872", "ann BTC -600", "bob USD -64064", "bob BTC 600", "fees USD 192"],
  },
];

const ENDS: readonly Case[] = [
  {
    title: "a cancel",
    script: `ann/1 buys 5@10
      cancel 1`,
    changes: [],
  },
  {
    title: "a cancel after a fill",
    script: `bob/1 sells 2@10
      ann/2 buys 5@10
      cancel 2`,
    changes: ["ann USD -20040", "ann BTC 200", "bob USD 19980", "bob BTC -200", "fees USD 60"],
  },
  {
    title: "a cancel of all",
    script: `ann/1 buys 5@10
      ann/2 sells 5@11
      ann/3 buys 1@1 stop=20
      cancel all ann`,
    changes: [],
  },
  {
    title: "an expiry",
    script: `ann/1 sells 5@10 until=5
      clock 6`,
    changes: [],
  },
  {
    title: "an immediate order that finds nothing",
    script: "ann/1 buys 5@10 ioc",
    changes: [],
  },
  {
    title: "a fill-or-kill that is killed",
    script: `bob/1 sells 2@10
      ann/2 buys 5@10 fok`,
    changes: ["bob BTC held 200 by 1"],
  },
  {
    title: "a market order that finds nothing",
    script: "ann/1 buys 5@market",
    changes: [],
  },
  {
    title: "a budget that is enough for no lot",
    script: `bob/1 sells 2@10
      ann/2 spends 9999`,
    changes: ["bob BTC held 200 by 1"],
  },
  {
    title: "an order that the engine refuses",
    script: `bob/1 sells 5@10
      ann/2 buys 5@10 post`,
    changes: ["bob BTC held 500 by 1"],
  },
  {
    title: "self-trade prevention that ends both",
    script: `ann/1 sells 5@10
      ann/2 buys 7@10 stp=both`,
    changes: [],
  },
  {
    title: "a replace to what is filled already, and its cover",
    script: `bob/1 sells 3@10
      ann/2 buys 5@10
      replace 2 3@20`,
    unsettledLots: 3,
    changes: ["ann USD -30060", "ann BTC 300", "bob USD 29970", "bob BTC -300", "fees USD 90"],
  },
];

const REFUSED_REPLACES: readonly Case[] = [
  {
    title: "of an order that still waits",
    script: `ann/1 buys 5@10 stop=9
      replace 1 9@10`,
    changes: ["ann USD held 50100 by 1"],
  },
  {
    title: "that would trade, of a post-only order",
    script: `bob/1 sells 5@11
      ann/2 buys 5@10 post
      replace 2 6@11`,
    changes: ["ann USD held 50100 by 1", "bob BTC held 500 by 1"],
  },
  {
    title: "of an order that is done",
    script: `bob/1 sells 5@10
      ann/2 buys 5@10
      replace 2 9@10`,
    changes: ["ann USD -50100", "ann BTC 500", "bob USD 49950", "bob BTC -500", "fees USD 150"],
  },
  {
    title: "of somebody else's order",
    script: `ann/1 buys 5@10
      replace 1 9@10 by bob`,
    changes: ["ann USD held 50100 by 1"],
  },
];

const everyCase = (cases: readonly Case[]) => {
  for (const { title, script, changes, rates = USUAL, unsettledLots = 0 } of cases)
    it(title, () => {
      expect(changesOf(script, rates, unsettledLots)).to.deep.equal(changes);
    });
};

describe("What orders hold", () => everyCase(HOLDS));
describe("Fills are paid:", () => everyCase(FILLS));
describe("Nothing is held any more after", () => everyCase(ENDS));
describe("A refused replace gives its cover back,", () => everyCase(REFUSED_REPLACES));
