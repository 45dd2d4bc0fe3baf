import { expect } from "chai";
import sinon from "sinon";
import type { PublishOptions, PublishOutcome } from "../../../../src/shared/bus/bus.js";
import type { Trouble } from "../../../../src/shared/bus/write-trouble.js";
import type { OrderRequest } from "../../../../src/shared/domain/messages.js";
import { isRefusal } from "../../../../src/shared/domain/rejects.js";
import { accountId, epochUs, orderId, streamSequence } from "../../../../src/shared/domain/units.js";
import { Batcher, type BatcherOptions, type LogOutcome } from "../../../../src/shared/order-entry/batcher.js";
import { LogWriter } from "../../../../src/shared/order-entry/log-writer.js";
import { decodeOrderBatch } from "../../../../src/shared/wire/pipeline-codec.js";

const OPTIONS: BatcherOptions = {
  pacing: { intervalMaxMs: 0, fullRate: 1_000 },
  queueMax: 1_000,
  requestTimeoutMs: 5_000,
  attemptTimeoutMs: 1_000,
  retryIntervalMs: 100,
  graceMs: 500,
};

interface Attempt {
  readonly subject: string;
  readonly orders: readonly number[];
  readonly options: PublishOptions;
  answer(outcome: PublishOutcome): Promise<void>;
}

const stored = (sequence: number): PublishOutcome => {
  return { kind: "stored", streamSequence: streamSequence(sequence), duplicate: false };
};
const FULL: PublishOutcome = { kind: "refused", errorCode: 10077, description: "maximum bytes exceeded" };
const UNAVAILABLE: PublishOutcome = { kind: "unavailable" };
const UNKNOWN: PublishOutcome = { kind: "unknown" };

function request(id: number): OrderRequest {
  const body = { kind: "cancel", orderId: orderId(id), clientOrderId: null } as const;
  return { accountId: accountId(1), receivedAtUs: epochUs(1), body };
}

describe("batcher", () => {
  let clock: sinon.SinonFakeTimers;
  let isConnected: boolean;
  let isNew: boolean;
  let trouble: Trouble | null;
  let attempts: Attempt[];
  let outcomes: Map<number, string>;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ["setTimeout", "clearTimeout", "performance"] });
    isConnected = true;
    isNew = true;
    trouble = null;
    attempts = [];
    outcomes = new Map();
  });
  afterEach(() => clock.restore());

  function publish(subject: string, payload: Uint8Array, options: PublishOptions): Promise<PublishOutcome> {
    return new Promise((resolve) => {
      const orders = decodeOrderBatch(payload).map(({ body }) => (body.kind === "cancel" ? Number(body.orderId) : 0));
      const answer = async (outcome: PublishOutcome) => {
        resolve(outcome);
        await clock.tickAsync(0);
      };
      attempts.push({ subject, orders, options, answer });
    });
  }

  function batcherWith(options: Partial<BatcherOptions> = {}): Batcher {
    const time = { nowMs: () => performance.now(), nowUs: () => epochUs(77) };
    const log = { isConnected: () => isConnected, trouble: () => trouble, publish };
    const writer = new LogWriter(log, { stored: () => isNew }, { ...OPTIONS, ...options }, time.nowMs);
    return new Batcher(writer, { ...OPTIONS, ...options }, time);
  }

  const note = (id: number) => (outcome: LogOutcome) => {
    if (outcomes.has(id)) throw new Error(`request ${id} is settled twice`);
    outcomes.set(id, isRefusal(outcome) ? outcome.name : `${outcome.logId} at ${outcome.loggedAtUs}`);
  };

  function submit(batcher: Batcher, from: number, to = from, asset = "BTC-USD"): void {
    for (let id = from; id <= to; id++) batcher.submit(asset, request(id), note(id));
  }

  const settledAs = (word: string) => [...outcomes].filter(([, outcome]) => outcome === word).map(([id]) => id);
  const attempt = (index: number): Attempt => {
    const found = attempts[index];
    if (found === undefined) throw new Error(`there were ${attempts.length} attempts only`);
    return found;
  };

  it("sends a lone request at once", async () => {
    submit(batcherWith(), 1);
    expect(attempts).to.have.length(1);
    expect(attempt(0)).to.deep.include({ subject: "orders.BTC-USD", orders: [1] });
    await attempt(0).answer(stored(3));
    expect(outcomes.get(1)).to.equal("768 at 77");
  });

  it("sends what arrives meanwhile in one next message, each with its own place in the log", async () => {
    const batcher = batcherWith();
    submit(batcher, 1, 4);
    expect(attempts.map(({ orders }) => orders)).to.deep.equal([[1]]);
    await attempt(0).answer(stored(1));
    expect(attempt(1).orders).to.deep.equal([2, 3, 4]);
    await attempt(1).answer(stored(2));
    expect([...outcomes.values()]).to.deep.equal(["256 at 77", "512 at 77", "513 at 77", "514 at 77"]);
    expect(batcher.isIdle).to.equal(true);
  });

  it("puts at most 256 requests into a message", async () => {
    submit(batcherWith(), 1, 400);
    await attempt(0).answer(stored(1));
    expect(attempt(1).orders).to.have.length(256);
    await attempt(1).answer(stored(2));
    expect(attempt(2).orders).to.have.length(143);
  });

  it("lets no asset wait for another", async () => {
    const batcher = batcherWith();
    submit(batcher, 1);
    submit(batcher, 2, 2, "ETH-USD");
    expect(attempts.map(({ subject }) => subject)).to.deep.equal(["orders.BTC-USD", "orders.ETH-USD"]);
    await attempt(1).answer(stored(1));
    expect(outcomes.get(2)).to.equal("256 at 77");
  });

  it("has at most 64 messages on their way; the other assets follow in turn, with all that came meanwhile", async () => {
    const batcher = batcherWith();
    for (let id = 1; id <= 70; id++) submit(batcher, id, id, `ASSET${id}`);
    submit(batcher, 101, 102, "ASSET65");
    expect(attempts).to.have.length(64);
    await attempt(0).answer(stored(1));
    await attempt(1).answer(UNKNOWN);
    expect(attempts.slice(64).map(({ subject, orders }) => [subject, orders])).to.deep.equal([
      ["orders.ASSET65", [65, 101, 102]],
    ]);
    for (let answered = 2; answered < 8; answered++) await attempt(answered).answer(stored(answered));
    expect(attempts.slice(65).map(({ subject }) => subject)).to.deep.equal(
      [66, 67, 68, 69, 70].map((id) => `orders.ASSET${id}`),
    );
  });

  it("gives every message an id of its own, also over processes", async () => {
    submit(batcherWith(), 1);
    submit(batcherWith(), 2);
    const batcher = batcherWith();
    submit(batcher, 3, 4);
    await attempt(2).answer(stored(1));
    expect(new Set(attempts.map(({ options }) => options.messageId)).size).to.equal(4);
  });

  it("answers BUSY at once while the log's disk is full, but for what asks whether it is yet", async () => {
    const batcher = batcherWith();
    trouble = { stream: "ORDERS", kind: "unwritable", text: "full" };
    submit(batcher, 1, 3);
    submit(batcher, 4, 4, "ETH-USD");
    expect(attempts.map(({ orders }) => orders)).to.deep.equal([[1], [4]]);
    expect(settledAs("BUSY")).to.deep.equal([2, 3]);
    trouble = null;
    await attempt(0).answer(stored(1));
    submit(batcher, 5);
    expect(attempt(2).orders).to.deep.equal([5]);
  });

  it("answers BUSY when the queue is full, and recovers", async () => {
    const batcher = batcherWith({ queueMax: 2 });
    submit(batcher, 1, 4);
    expect(settledAs("BUSY")).to.deep.equal([4]);
    expect(batcher.fills).to.deep.equal([["BTC-USD", 1]]);
    await attempt(0).answer(stored(1));
    submit(batcher, 5);
    await attempt(1).answer(stored(2));
    await attempt(2).answer(stored(3));
    expect(settledAs("768 at 77")).to.deep.equal([5]);
  });

  it("answers BUSY when the stream is full, at once", async () => {
    submit(batcherWith(), 1);
    await attempt(0).answer(FULL);
    expect(outcomes.get(1)).to.equal("BUSY");
  });

  it("answers UNAVAILABLE when the stream refuses for another reason", async () => {
    submit(batcherWith(), 1);
    await attempt(0).answer({ kind: "refused", errorCode: 10_000, description: "" });
    expect(outcomes.get(1)).to.equal("UNAVAILABLE");
  });

  it("tries again with the same message id after an unknown outcome, and finds the first copy", async () => {
    submit(batcherWith(), 1);
    await attempt(0).answer(UNKNOWN);
    await clock.tickAsync(100);
    expect(attempt(1).options.messageId).to.equal(attempt(0).options.messageId);
    await attempt(1).answer({ ...stored(1), duplicate: true } as PublishOutcome);
    expect(outcomes.get(1)).to.equal("256 at 77");
  });

  it("answers UNKNOWN_OUTCOME at the deadline when an attempt was sent and none was answered", async () => {
    const batcher = batcherWith();
    submit(batcher, 1);
    for (let index = 0; !outcomes.has(1); index++) {
      expect(attempt(index).options.deadlineMs).to.be.at.most(1_000);
      await clock.tickAsync(attempt(index).options.deadlineMs);
      await attempt(index).answer(UNKNOWN);
      await clock.tickAsync(100);
    }
    expect(outcomes.get(1)).to.equal("UNKNOWN_OUTCOME");
    expect(performance.now()).to.be.within(4_800, 5_200);
  });

  it("answers UNKNOWN_OUTCOME when the log gives a place that it gave before", async () => {
    isNew = false;
    submit(batcherWith(), 1);
    await attempt(0).answer(stored(1));
    expect(outcomes.get(1)).to.equal("UNKNOWN_OUTCOME");
  });

  it("does not take a later refusal for the answer to a doubtful attempt", async () => {
    submit(batcherWith(), 1);
    await attempt(0).answer(UNKNOWN);
    for (let index = 1; !outcomes.has(1); index++) {
      await clock.tickAsync(100);
      await attempt(index).answer(index % 2 === 0 ? FULL : UNAVAILABLE);
    }
    expect(outcomes.get(1)).to.equal("UNKNOWN_OUTCOME");
  });

  it("answers UNAVAILABLE for what was still queued, before it is too late to send it without doubt", async () => {
    const batcher = batcherWith();
    submit(batcher, 1);
    await clock.tickAsync(1_000);
    submit(batcher, 2);
    await clock.tickAsync(3_999);
    batcher.sweep();
    expect(outcomes.size).to.equal(0);
    await clock.tickAsync(1);
    batcher.sweep();
    expect([...outcomes]).to.deep.equal([[2, "UNAVAILABLE"]]);
  });

  it("does not send what has too little time left", async () => {
    const batcher = batcherWith();
    submit(batcher, 1, 2);
    await clock.tickAsync(2_000);
    submit(batcher, 3);
    await clock.tickAsync(2_500);
    await attempt(0).answer(stored(1));
    expect(settledAs("UNAVAILABLE")).to.deep.equal([2]);
    expect(attempt(1).orders).to.deep.equal([3]);
  });

  it("waits a moment for a lost connection, then answers UNAVAILABLE quickly", async () => {
    isConnected = false;
    const batcher = batcherWith();
    submit(batcher, 1, 2);
    for (let index = 0; index < 6; index++) {
      await attempt(index).answer(UNAVAILABLE);
      await clock.tickAsync(100);
      batcher.sweep();
    }
    expect(settledAs("UNAVAILABLE")).to.have.members([1, 2]);
    submit(batcher, 3);
    expect(outcomes.get(3)).to.equal("UNAVAILABLE");
  });

  it("goes on by itself when the connection is back", async () => {
    isConnected = false;
    const batcher = batcherWith();
    submit(batcher, 1, 2);
    await attempt(0).answer(UNAVAILABLE);
    isConnected = true;
    await clock.tickAsync(100);
    await attempt(1).answer(stored(1));
    await attempt(2).answer(stored(2));
    expect([...outcomes.values()]).to.deep.equal(["256 at 77", "512 at 77"]);
  });

  it("sends a batch again whose connection broke, and holds up no other asset meanwhile", async () => {
    const batcher = batcherWith();
    submit(batcher, 1);
    await attempt(0).answer(UNKNOWN);
    submit(batcher, 2, 2, "ETH-USD");
    await attempt(1).answer(stored(9));
    await clock.tickAsync(100);
    await attempt(2).answer(UNAVAILABLE);
    await clock.tickAsync(3_000);
    await attempt(3).answer(stored(10));
    expect([...outcomes]).to.deep.equal([
      [2, "2304 at 77"],
      [1, "2560 at 77"],
    ]);
  });

  it("spaces the starts of an asset's batches out under load", async () => {
    const batcher = batcherWith({ pacing: { intervalMaxMs: 4, fullRate: 100 } });
    submit(batcher, 1, 300);
    await clock.tickAsync(8);
    await attempt(0).answer(stored(1));
    await attempt(1)?.answer(stored(2));
    const startedMs = performance.now();
    submit(batcher, 301);
    expect(attempts).to.have.length(2);
    await clock.tickAsync(10);
    expect(attempts).to.have.length(3);
    expect(performance.now() - startedMs).to.equal(10);
  });
});
