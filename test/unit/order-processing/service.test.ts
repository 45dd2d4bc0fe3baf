import { expect } from "chai";
import sinon from "sinon";
import type { ActionsFollower } from "../../../src/order-processing/actions-follower.js";
import {
  FundsChanged,
  type CommandStore,
  type SequencedBatch,
} from "../../../src/order-processing/command-store.js";
import type { LoggedBatch, Sequencer } from "../../../src/order-processing/sequencer.js";
import { OrderProcessing } from "../../../src/order-processing/service.js";
import type { Bus } from "../../../src/shared/bus/bus.js";
import {
  accountId,
  commandSequence,
  epochMs,
  epochUs,
  logId,
  streamSequence,
} from "../../../src/shared/domain/units.js";
import { nowUs } from "../../../src/shared/process/clock.js";
import { encodeOrderBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { limitOrder } from "../../support/order-terms.js";
import { serviceForTest } from "../../support/service.js";

const POSITION = { logId: logId(0), streamSequence: streamSequence(7), commandSequence: commandSequence(0) };

function stage({ lastInLog = 7 } = {}) {
  const bounds = { last: lastInLog };
  const bus = {
    streamBounds: async () => bounds,
    lastMessage: async () => null,
    publish: async () => ({ kind: "stored", streamSequence: 1 }),
  };
  const append = sinon.stub<[readonly SequencedBatch[]], Promise<[]>>().resolves([]);
  const store = {
    position: async () => ({ ...POSITION, sequencedAtUs: epochUs(0) }),
    nextExpiry: async () => epochMs(1),
    settledCommands: async () => new Map(),
    append,
  };
  const decide = async (batches: readonly LoggedBatch[]): Promise<SequencedBatch[]> =>
    batches.map(({ asset, requests, after }) => ({
      asset,
      commands: requests.map((request) => ({ ...request, atUs: nowUs(), commandSequence: commandSequence(1) })),
      holds: [],
      from: after.logId,
      reached: requests.at(-1)?.logId ?? after.logId,
      streamSequence: streamSequence(8),
    }));
  const sequencer = { decide: sinon.spy(decide), committed: sinon.spy(), forgetBalances: sinon.spy() };
  const actions = { recover: async () => undefined, commands: async () => new Map(), isSuspended: () => false };
  const processing = new OrderProcessing(
    serviceForTest("order-processing"),
    bus as unknown as Bus,
    store as unknown as CommandStore,
    sequencer as unknown as Sequencer,
    actions as unknown as ActionsFollower,
  );
  return { processing, bounds, append, sequencer };
}

const told = (append: sinon.SinonStub<[readonly SequencedBatch[]], Promise<[]>>) =>
  append.args.flatMap(([batches]) => batches.flatMap(({ commands }) => commands.map(({ body }) => body.kind)));

function input() {
  const request = { accountId: accountId(1), receivedAtUs: epochUs(1), body: limitOrder("buy", 1, 1) };
  return { asset: "BTC-USD", messages: [{ streamSequence: streamSequence(8), data: encodeOrderBatch([request]) }] };
}

describe("order-processing", () => {
  it("tells an asset the time when an order expires, and does not where the log ends too early", async () => {
    const { processing, bounds, append } = stage();
    await processing.recover("BTC-USD");
    await processing.tick();
    expect(told(append)).to.deep.equal(["advance_clock"]);
    append.resetHistory();
    bounds.last = 6; // the log is shorter than what was processed
    const error = await processing.recover("BTC-USD").catch((reason: unknown) => reason);
    expect((error as Error).message).to.equal("BTC-USD: the order log ends at 6, but 7 was processed before");
    await processing.tick();
    expect(told(append)).to.deep.equal([]);
  });

  it("decides again, from scratch, when the funds are not what they were thought to be", async () => {
    const { processing, append, sequencer } = stage();
    await processing.recover("BTC-USD");
    sequencer.forgetBalances.resetHistory();
    append.onFirstCall().rejects(new FundsChanged("not there"));
    await processing.handle([input() as never]);
    expect(sequencer.decide.callCount).to.equal(2);
    expect(sequencer.forgetBalances.callCount).to.equal(1);
    expect(sequencer.committed.callCount).to.equal(1);
  });

  it("gives up after some tries, and leaves it to the loop", async () => {
    const { processing, append } = stage();
    await processing.recover("BTC-USD");
    append.rejects(new FundsChanged("not there"));
    const error = await processing.handle([input() as never]).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(FundsChanged);
    expect(append.callCount).to.equal(8);
  });
});
