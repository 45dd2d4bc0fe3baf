import { expect } from "chai";
import sinon from "sinon";
import type { ActionsFollower } from "../../../src/order-processing/actions-follower.js";
import type { CommandStore } from "../../../src/order-processing/command-store.js";
import type { Sequencer } from "../../../src/order-processing/sequencer.js";
import type { SequencedBatch } from "../../../src/order-processing/sequencing.js";
import { OrderProcessing } from "../../../src/order-processing/service.js";
import type { Bus } from "../../../src/shared/bus/bus.js";
import { DEFAULT_RULES } from "../../../src/shared/domain/messages.js";
import { commandSequence, epochMs, epochUs, logId, streamSequence } from "../../../src/shared/domain/units.js";
import { serviceForTest } from "../../support/service.js";

const POSITION = { logId: logId(0), streamSequence: streamSequence(7), commandSequence: commandSequence(0) };

function stage({ lastInLog = 7, inForce = DEFAULT_RULES, configured = DEFAULT_RULES } = {}) {
  const bounds = { last: lastInLog };
  const bus = {
    streamBounds: async () => bounds,
    lastMessage: async () => null,
    handOn: () => undefined,
    publish: async () => ({ kind: "stored", streamSequence: 1 }),
  };
  const append = sinon.stub<[readonly SequencedBatch[]], Promise<[]>>().resolves([]);
  const store = {
    position: async () => ({ ...POSITION, sequencedAtUs: epochUs(0) }),
    rulesInForce: async () => inForce,
    nextExpiry: async () => epochMs(1),
    settledCommands: async () => new Map(),
    append,
  };
  const sequencer = { forgetBalances: () => undefined };
  const actions = { recover: async () => undefined, commands: async () => new Map(), isSuspended: () => false };
  const processing = new OrderProcessing(
    serviceForTest("order-processing"),
    bus as unknown as Bus,
    store as unknown as CommandStore,
    sequencer as unknown as Sequencer,
    actions as unknown as ActionsFollower,
    () => configured,
  );
  return { processing, bounds, append };
}

const told = (append: sinon.SinonStub<[readonly SequencedBatch[]], Promise<[]>>) =>
  append.args.flatMap(([batches]) => batches.flatMap(({ commands }) => commands.map(({ body }) => body.kind)));

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

  it("tells an asset first by which rules all that follows is decided, and only where others are in force", async () => {
    const configured = { ...DEFAULT_RULES, openOrdersMax: 5 };
    const changed = stage({ configured });
    await changed.processing.recover("BTC-USD");
    expect(changed.append.args[0]?.[0][0]?.commands[0]?.body).to.deep.equal({ kind: "set_rules", rules: configured });
    const same = stage({ configured, inForce: { ...configured } });
    await same.processing.recover("BTC-USD");
    expect(told(same.append)).to.deep.equal([]);
    const otherBuild = stage({ inForce: { ...DEFAULT_RULES, version: 2 } });
    await otherBuild.processing.recover("BTC-USD");
    expect(told(otherBuild.append)).to.deep.equal(["set_rules"]);
  });
});
