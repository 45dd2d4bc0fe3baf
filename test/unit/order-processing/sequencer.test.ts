import { expect } from "chai";
import sinon from "sinon";
import { type CommandStore, DecisionOutdated, type HeldBalance } from "../../../src/order-processing/command-store.js";
import { type Balance, balanceKey } from "../../../src/order-processing/funding.js";
import type { Answers, Questions, RecordStore } from "../../../src/order-processing/record-store.js";
import { Sequencer } from "../../../src/order-processing/sequencer.js";
import { ClientOrderIdUses, type SequencedBatch } from "../../../src/order-processing/sequencing.js";
import type { RequestBody } from "../../../src/shared/domain/messages.js";
import {
  accountId,
  commandSequence,
  epochUs,
  logId,
  lots,
  orderId,
  priceTicks,
  streamSequence,
} from "../../../src/shared/domain/units.js";
import { limitOrder, marketOrder } from "../../support/order-terms.js";
import { TEST_REGISTRY } from "../../support/test-asset.js";

const ANN = accountId(1);
const USD = { accountId: ANN, currency: "USD" };
const BTC = { accountId: ANN, currency: "BTC" };

/** Answers from `available`, and remembers what it was asked. */
class RecordForTest {
  readonly asked: Questions[] = [];
  available = 100;

  async answer(questions: Questions): Promise<Answers> {
    const { clientOrderIds, balances, orders, lastPrices } = questions;
    if ([clientOrderIds, balances, orders, lastPrices].some((list) => list.length > 0)) this.asked.push(questions);
    const balance: Balance = { availableUnits: BigInt(this.available), openOrders: 0 };
    return {
      clientOrderIds: new ClientOrderIdUses(),
      balances: new Map(balances.map((key) => [balanceKey(key.accountId, key.currency), balance])),
      orders: new Map(),
      lastPrices: new Map(lastPrices.map((asset) => [asset, priceTicks(1)])),
    };
  }
}

describe("the sequencer", () => {
  let record: RecordForTest;
  let log: { readonly append: sinon.SinonStub<[readonly SequencedBatch[]], Promise<HeldBalance[]>> };
  let sequencer: Sequencer;
  const sequencerWith = (options: { holdsFunds: boolean }) =>
    new Sequencer(TEST_REGISTRY, record as unknown as RecordStore, log as unknown as CommandStore, options);

  beforeEach(() => {
    record = new RecordForTest();
    log = { append: sinon.stub() };
    sequencer = sequencerWith({ holdsFunds: true });
  });

  /** Commits the requests; the account has so much left when they have held theirs. */
  async function commit(leaves: number, ...bodies: readonly RequestBody[]): Promise<SequencedBatch> {
    log.append.callsFake(async () => {
      record.available = leaves;
      return [{ ...USD, availableUnits: BigInt(leaves), openOrders: 1 }];
    });
    const after = { logId: logId(0), commandSequence: commandSequence(0), sequencedAtUs: epochUs(0) };
    const requests = bodies.map((body, index) => ({
      logId: logId(256 + index),
      accountId: ANN,
      receivedAtUs: epochUs(1),
      body,
    }));
    const logged = { asset: "BTC-USD", requests, streamSequence: streamSequence(1), after };
    const [batch] = await sequencer.commit([logged], () => false);
    return batch as SequencedBatch;
  }
  const kinds = ({ commands }: SequencedBatch) =>
    commands.map(({ body }) => (body.kind === "refuse" ? body.reason : body.kind));

  it("asks nothing about an account that it knows to have enough", async () => {
    await commit(90, limitOrder("buy", 1, 1));
    await commit(81, limitOrder("buy", 9, 1));
    expect(record.asked.map(({ balances }) => balances)).to.deep.equal([[USD]]);
  });

  it("asks once more before it refuses, because the account may have more by now", async () => {
    await commit(0, limitOrder("buy", 10, 1));
    record.available = 10;
    expect(kinds(await commit(9, limitOrder("buy", 1, 1)))).to.deep.equal(["new"]);
    expect(record.asked.map(({ balances }) => balances)).to.deep.equal([[USD], [USD]]);
  });

  it("decides the whole batch again then, and lets no client order id look used", async () => {
    await commit(0, limitOrder("buy", 10, 1));
    record.available = 10;
    const batch = await commit(
      0,
      limitOrder("buy", 1, 1, { clientOrderId: "a" }),
      limitOrder("buy", 1, 1, { clientOrderId: "b" }),
    );
    expect(kinds(batch)).to.deep.equal(["new", "insufficient_funds"]);
    expect(batch.holds.map(({ units }) => units)).to.deep.equal([10]);
  });

  it("asks at once about an account that was short the last time", async () => {
    await commit(50, limitOrder("buy", 5, 1), limitOrder("buy", 100, 1));
    expect(kinds(await commit(50, limitOrder("buy", 6, 1)))).to.deep.equal(["insufficient_funds"]);
    expect(record.asked).to.have.length(2);
  });

  it("refuses an account that nothing is known of", async () => {
    record.answer = async (questions) => ({ ...(await new RecordForTest().answer(questions)), balances: new Map() });
    expect(kinds(await commit(0, limitOrder("buy", 1, 1)))).to.deep.equal(["insufficient_funds"]);
  });

  it("asks for the last price once a second, and only where a market order needs it", async () => {
    record.available = 10_000;
    await commit(10_000, limitOrder("buy", 1, 1), marketOrder("sell", 1));
    await commit(10_000, marketOrder("buy", 1));
    await commit(10_000, marketOrder("buy", 1));
    expect(record.asked.map(({ lastPrices }) => lastPrices)).to.deep.equal([[], ["BTC-USD"]]);
  });

  it("asks for the orders that replaces are about, and for both balances that they may need", async () => {
    const terms = { quantityLots: lots(1), priceTicks: priceTicks(1), clientOrderId: null, cover: null };
    await commit(100, { kind: "replace", orderId: orderId(7), ...terms });
    expect(record.asked[0]).to.deep.include({ balances: [BTC, USD], orders: [{ asset: "BTC-USD", orderId: 7 }] });
  });

  it("holds nothing where it is told so", async () => {
    sequencer = sequencerWith({ holdsFunds: false });
    const { commands, holds } = await commit(0, limitOrder("buy", 1_000, 1_000), marketOrder("buy", 1));
    expect(commands.map(({ body }) => body)).to.deep.equal([limitOrder("buy", 1_000, 1_000), marketOrder("buy", 1)]);
    expect([holds, record.asked]).to.deep.equal([[], []]);
  });

  it("forgets what it knows", async () => {
    await commit(90, limitOrder("buy", 1, 1));
    sequencer.forgetBalances();
    await commit(80, limitOrder("buy", 1, 1));
    expect(record.asked.map(({ balances }) => balances)).to.deep.equal([[USD], [USD]]);
  });

  it("decides again, from scratch, when what it decided by is not so any more", async () => {
    await commit(90, limitOrder("buy", 1, 1));
    log.append.onSecondCall().rejects(new DecisionOutdated("funds"));
    expect(kinds(await commit(80, limitOrder("buy", 1, 1)))).to.deep.equal(["new"]);
    expect(record.asked.map(({ balances }) => balances)).to.deep.equal([[USD], [USD]]);
    expect(log.append.callCount).to.equal(3);
  });

  it("takes a client order id to be new, and looks up all of the batch when one of them is not", async () => {
    const named = limitOrder("buy", 1, 1, { clientOrderId: "a" });
    await commit(90, named);
    log.append.onSecondCall().rejects(new DecisionOutdated("client order ids"));
    await commit(80, named);
    const key = { accountId: ANN, clientOrderId: "a" };
    expect(record.asked.map(({ clientOrderIds }) => clientOrderIds)).to.deep.equal([[], [key]]);
  });

  it("asks first from then on about an account that has used one twice", async () => {
    const named = limitOrder("buy", 1, 1, { clientOrderId: "a" });
    await commit(90, named, named);
    await commit(80, limitOrder("buy", 1, 1, { clientOrderId: "b" }));
    expect(record.asked.map(({ clientOrderIds }) => clientOrderIds.length)).to.deep.equal([0, 1]);
  });

  it("gives up after some tries, and leaves it to the loop", async () => {
    const append = log.append;
    const given = commit(90, limitOrder("buy", 1, 1));
    append.rejects(new DecisionOutdated("funds"));
    expect(await given.catch((reason: unknown) => reason)).to.be.instanceOf(DecisionOutdated);
    expect(append.callCount).to.equal(8);
  });
});
