import { expect } from "chai";
import { mulberry32 } from "../../../packages/matching-core/test/support/random-flow.js";
import type { EngineEvent } from "../../../src/shared/domain/messages.js";
import { isDone, type OrderRecord } from "../../../src/shared/domain/order-record.js";
import { eventSequence, type OrderId } from "../../../src/shared/domain/units.js";
import type { Posting } from "../../../src/trade-processing/postings.js";
import { settle } from "../../../src/trade-processing/settlement.js";
import { FundedFlow } from "../../support/funded-flow.js";
import type { FundedMarket } from "../../support/funded-market.js";
import { TEST_ASSET } from "../../support/test-asset.js";

/** MONEY_ORDERS=1000000 MONEY_SEED=1 npx mocha test/fuzz/trade-processing/money.test.ts: a long run, minutes. */
const COMMANDS = Number(process.env["MONEY_ORDERS"] ?? 30_000);
const FIRST_SEED = Number(process.env["MONEY_SEED"] ?? Date.now() % 1_000_000_000);
const COMMANDS_PER_SEED = 1_000;
const CURRENCIES = [TEST_ASSET.base, TEST_ASSET.quote];

describe("The money of random orders", () => {
  it("is where a naive ledger has it, every order's hold included", () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COMMANDS / COMMANDS_PER_SEED; seed++) {
      const flow = new FundedFlow(seed);
      for (let sent = 1; sent <= COMMANDS_PER_SEED; sent++) {
        flow.market.apply(flow.next());
        if (sent % 50 === 0) compareWithTwin(flow.market, seed);
      }
    }
  }).timeout(600_000);

  it("is never lost, never owed, and not held for an order that is done", () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + 10; seed++) {
      const flow = new FundedFlow(seed);
      for (let sent = 0; sent < 500; sent++) {
        const { settlement } = flow.market.apply(flow.next());
        expectBalanced(settlement.postings, seed);
        for (const order of [...settlement.newOrders, ...settlement.changedOrders])
          if (isDone(order)) expect(order.heldUnits, `seed ${seed}, order ${order.orderId}`).to.equal(0);
        for (const currency of CURRENCIES)
          for (const [account, balance] of flow.market.balances(currency))
            if (balance.held < 0n || balance.openOrders < 0)
              expect.fail(`seed ${seed}: ${account} holds ${balance.held}`);
      }
    }
  });

  it("is the same however the events are cut into batches, and whatever is read back from the database", () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + 10; seed++) {
      const flow = new FundedFlow(seed);
      const events: EngineEvent[] = [];
      const expected: Posting[] = [];
      for (let sent = 0; sent < 500; sent++) {
        const applied = flow.market.apply(flow.next());
        events.push(...applied.events);
        expected.push(...applied.settlement.postings);
      }
      const draw = mulberry32(seed);
      const postings: Posting[] = [];
      let stored = new Map<OrderId, OrderRecord>();
      for (let start = 0; start < events.length; ) {
        const end = start + 1 + (draw() % 40);
        const settlement = settle(events.slice(start, end), eventSequence(start), stored, TEST_ASSET);
        postings.push(...settlement.postings);
        stored = new Map([...stored].map(([id, order]) => [id, { ...order }]));
        start = end;
      }
      expect(postings, `seed ${seed}`).to.deep.equal(expected);
    }
  });
});

function compareWithTwin(market: FundedMarket, seed: number): void {
  for (const currency of CURRENCIES) {
    const expected = [...market.twin.balances(currency)].filter(
      ([, { available, held }]) => available !== 0n || held !== 0n,
    );
    const settled = [...market.balances(currency)].filter(([, { available, held }]) => available !== 0n || held !== 0n);
    expect(new Map(settled), `seed ${seed}, ${currency}`).to.deep.equal(new Map(expected));
  }
}

function expectBalanced(postings: readonly Posting[], seed: number): void {
  const sums = new Map<string, bigint>();
  for (const { kind, eventSequence, currency, availableChange, heldChange } of postings) {
    const amount = availableChange + heldChange;
    if (kind === "release") expect(amount, `seed ${seed}, event ${eventSequence}`).to.equal(0n);
    sums.set(`${eventSequence} ${currency}`, (sums.get(`${eventSequence} ${currency}`) ?? 0n) + amount);
  }
  for (const [entry, sum] of sums) expect(sum, `seed ${seed}, event and currency ${entry}`).to.equal(0n);
}
