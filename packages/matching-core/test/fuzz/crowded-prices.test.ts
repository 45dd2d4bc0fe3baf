/**
 * Prices where many orders stand, and orders that must be filled at once: the engine, which keeps sums of such prices, against its
 * naive twin, which walks over every order. The sums are compared with the orders all the time.
 */
import { inspect } from "node:util";
import {
  accountId,
  type Command,
  type CommandBody,
  commandSequence,
  epochUs,
  logId,
  lots,
  type NewOrder,
  orderId,
  priceTicks,
  rowsOf,
} from "@bourse/matching-core";
import { expect } from "chai";
import { CROWD_ORDERS_MIN } from "../../src/crowded-levels.js";
import { Engine } from "../../src/engine.js";
import { newMarket } from "../../src/snapshot.js";
import { FollowedDepth } from "../support/followed-depth.js";
import { withRules } from "../support/market-script.js";
import { createNaiveEngine } from "../support/naive-engine/naive-engine.js";
import { limitOrder } from "../support/order-terms.js";
import { mulberry32 } from "../support/random-flow.js";

const COMMANDS = 3_000;
const MODES = ["cancel_newest", "cancel_oldest", "cancel_both", "decrement", "none"] as const;
const NOTHING_MORE = { clientOrderId: null, cover: null };
const firstSeed = Number(process.env["CROWD_SEED"] ?? Date.now() % 1_000_000_000);

describe("Crowded prices", () => {
  for (let seed = firstSeed; seed < firstSeed + 8; seed++)
    it(`give the same as a walk over all of their orders, seed ${seed}`, () => {
      expect(playBoth(seed)).to.be.above(COMMANDS / 50, "commands that found a crowd");
    });

  it("are looked at without their orders, once they have sums", () => {
    const { engine, book, play } = market({ eventsPerCommandMax: 1_000_000 });
    for (let order = 0; order < 5_000; order++)
      play(1 + (order % 9), limitOrder("sell", 4, 100 + (order % 2), order % 3 === 0 ? { displayLots: lots(1) } : {}));
    const asked = limitOrder("buy", 30_000, 101, { timeInForce: "FOK" });
    const atLeast = limitOrder("buy", 30_000, 101, { minimumLots: lots(20_001) });
    play(10, asked);
    let looks = 0;
    book.rows.ints = new Proxy(book.rows.ints, {
      get: (ints, key) => {
        looks++;
        return ints[Number(key)];
      },
    });
    play(10, asked);
    play(10, atLeast);
    expect(looks).to.be.below(100);
    // An own order matters by its place, which only a walk finds.
    play(9, asked);
    expect(looks).to.be.above(5);
    expect(engine.lastTradeId).to.equal(0);
  });

  it("lose their sums when few orders are left, and are sound without", () => {
    const { engine, book, play } = market({});
    for (let order = 0; order < CROWD_ORDERS_MIN; order++) play(1, limitOrder("sell", 1, 100));
    expect(book.asks.crowded.count).to.equal(0, "nobody asked");
    play(2, limitOrder("buy", 100, 100, { timeInForce: "FOK" }));
    expect(book.asks.crowded.count).to.equal(1);
    play(2, limitOrder("buy", CROWD_ORDERS_MIN - 1, 100, { timeInForce: "FOK" }));
    expect(book.asks.crowded.count).to.equal(0);
    engine.assertSound();
  });
});

/** An engine with its book at hand, and the naive twin; plays a command to both and compares what they say. */
function market(rules: Parameters<typeof withRules>[0]) {
  const options = withRules(rules);
  const state = newMarket(options.rulesAtStart as never);
  const engine = new Engine(options as never, state);
  const naive = createNaiveEngine(options);
  let sequence = 0;
  const play = (account: number, body: CommandBody) => {
    sequence++;
    const at = { receivedAtUs: epochUs(1), atUs: epochUs(1) };
    const ids = { commandSequence: commandSequence(sequence), logId: logId(sequence), accountId: accountId(account) };
    const command: Command = { ...ids, ...at, body };
    const expected = rowsOf(naive.apply(command));
    engine.execute(command as never);
    expect(Buffer.compare(engine.events.take().rows, expected.rows)).to.equal(0, inspect(command));
  };
  return { engine, naive, book: state.book, play, orders: () => sequence };
}

/** How many commands found levels with sums. */
function playBoth(seed: number): number {
  const draw = mulberry32(seed);
  const below = (limit: number) => draw() % limit;
  const pick = <T>(values: readonly T[]) => values[below(values.length)] as T;
  const accounts = pick([2, 40, 400]);
  const quantityMax = pick([3, 20, 2 ** 51]);
  const eventsPerCommandMax = pick([20, 60, 150, 100_000]);
  const { engine, naive, book, play, orders } = market({ eventsPerCommandMax, openOrdersMax: 100_000 });
  const quantity = () => 1 + (quantityMax <= 2 ** 32 ? below(quantityMax) : draw() * 2 ** 18);

  /** Far more orders than are taken, at two prices a side. */
  const resting = (): NewOrder => {
    const side = pick(["buy", "sell"] as const);
    const lotsOfOrder = quantity();
    const displayLots = below(3) === 0 ? lots(Math.ceil(lotsOfOrder / (1 + below(9)))) : null;
    return limitOrder(side, lotsOfOrder, side === "buy" ? 99 - below(2) : 101 + below(2), { displayLots });
  };
  const atOnce = (): NewOrder => {
    const side = pick(["buy", "sell"] as const);
    const wanted = Math.min(2 ** 53 - 1, quantity() * pick([1, 3, 50, 200]));
    const mode = { selfTradePrevention: pick(MODES) };
    const reach = side === "buy" ? 101 + below(2) : 99 - below(2);
    if (below(2) === 0) return limitOrder(side, wanted, reach, { ...mode, timeInForce: "FOK" });
    const minimumLots = lots(Math.ceil(wanted / (1 + below(4))));
    return limitOrder(side, wanted, reach, { ...mode, timeInForce: "IOC", minimumLots });
  };
  const auction = () => {
    play(1, { kind: "set_asset_state", state: "auction" });
    for (let more = 0; more < 20; more++)
      play(1 + below(accounts), limitOrder(pick(["buy", "sell"]), 5, 100, { selfTradePrevention: pick(MODES) }));
    play(1, { kind: "set_asset_state", state: "open" });
  };

  let crowded = 0;
  const followed = new FollowedDepth();
  const isFollowed = below(2) === 0;
  for (let step = 0; step < COMMANDS; step++) {
    const account = 1 + below(accounts);
    const target = orderId(1 + below(orders() + 1));
    const terms = { quantityLots: lots(1 + below(20)), priceTicks: priceTicks(98 + below(5)) };
    const kind = below(100);
    if (step < 300 || kind < 70) play(account, resting());
    else if (kind < 85) play(account, atOnce());
    else if (kind < 90) play(account, { kind: "cancel", orderId: target, clientOrderId: null });
    else if (kind < 98) play(account, { kind: "replace", orderId: target, ...terms, ...NOTHING_MORE });
    else if (kind === 98) auction();
    else if (below(10) === 0) play(account, { kind: "cancel_all", side: null });
    if (book.asks.crowded.count + book.bids.crowded.count !== 0) crowded++;
    if (step % 10 === 0) engine.assertSound();
    if (!isFollowed || below(5) > 0) continue;
    followed.take(engine as never);
    expect(followed.depth).to.deep.equal(naive.depth(Number.MAX_SAFE_INTEGER));
  }
  engine.assertSound();
  expect(engine.stateHash()).to.equal(naive.stateHash());
  return crowded;
}
