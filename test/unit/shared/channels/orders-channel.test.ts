import { expect } from "chai";
import fc from "fast-check";
import { notifierMetrics } from "../../../../src/market-data-notifier/notifier-metrics.js";
import type { FeedReport } from "../../../../src/shared/channels/account-feed.js";
import { KeptBytes } from "../../../../src/shared/channels/kept-bytes.js";
import { OrdersChannel } from "../../../../src/shared/channels/orders-channel.js";
import type { OpenOrderPlace } from "../../../../src/shared/channels/orders-source.js";
import type { SequencedReport } from "../../../../src/shared/domain/reports.js";
import { accountId } from "../../../../src/shared/domain/units.js";
import { createLogger } from "../../../../src/shared/process/log.js";
import { Metrics } from "../../../../src/shared/process/metrics.js";
import { FakeListener } from "./fake-listener.js";

const ALICE = accountId(7);
const BOB = accountId(8);
const PAGE_MAX = 3;

type OrdersListener = FakeListener<number>;

const sequencesIn = (_: string, payload: object) =>
  (payload as { reports: { sequence: number }[] }).reports.map(({ sequence }) => sequence);

const METRICS = notifierMetrics(new Metrics("test"));

/** The channel between a database and listeners that a test moves step by step. */
class Stage {
  readonly channel: OrdersChannel;
  readonly kept = new KeptBytes(1_000_000, METRICS.keptBytes);
  /** What trade-processing has committed. */
  settled = 0;
  /** What was published and is not lost. */
  isDatabaseAway = false;
  /** SQLSTATE of the error that Postgres answers everything with; null: it answers. */
  refusedWith: string | null = null;
  /** Where the snapshot's page ends; null: it is the only one. */
  next: OpenOrderPlace | null = null;
  readonly #waiting: (() => void)[] = [];
  readonly #listeners: OrdersListener[] = [];

  constructor(limits: { catchUpsMax?: number; catchUpsPerAccountMax?: number } = {}) {
    const report = (sequence: number): FeedReport => ({
      accountSequence: sequence,
      matchedAtUs: 1,
      json: { sequence },
    });
    const answer = async <T>(give: () => T): Promise<T> => {
      const asked = give();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (this.isDatabaseAway) throw new Error("Postgres is away");
      if (this.refusedWith !== null)
        throw Object.assign(new Error("Postgres refuses"), { severity: "ERROR", code: this.refusedWith });
      return asked;
    };
    this.channel = new OrdersChannel({
      rooms: {
        send: (room, _event, payload) => {
          for (const listener of this.#listeners) if (listener.rooms.has(room)) listener.send("orders", payload);
        },
      },
      source: {
        accountSnapshot: () =>
          answer(() => ({ accountSequence: this.settled, openOrders: [], openOrdersTotal: 0, next: this.next })),
        openOrdersAfter: (_account, after) =>
          answer(() => ({ accountSequence: this.settled, openOrders: [after], next: null })),
        reportsAfter: (_account, after, reportsMax) =>
          answer(() => {
            const count = Math.min(reportsMax, PAGE_MAX, this.settled - after);
            return Array.from({ length: Math.max(0, count) }, (_, i) => report(after + 1 + i));
          }),
        reportsIn: (holes) =>
          answer(() =>
            holes.flatMap(({ key, after, upTo }) =>
              Array.from({ length: Math.min(upTo, this.settled) - after }, (_, i) => ({
                accountId: key,
                report: report(after + 1 + i),
              })),
            ),
          ),
        lastAccountSequences: async () => [],
        render: (_asset, { accountSequence }) => ({ sequence: accountSequence }),
      },
      limits: { catchUpsMax: 100, catchUpsPerAccountMax: 100, holeWaitMs: 10, ...limits },
      kept: this.kept,
      log: createLogger("test", "silent"),
      metrics: METRICS,
    });
  }

  listener(account = ALICE): OrdersListener {
    const listener = new FakeListener(`listener ${this.#listeners.length}`, account, sequencesIn);
    this.#listeners.push(listener);
    return listener;
  }

  subscribe(listener: OrdersListener, from: number | null = null): void {
    void this.channel.subscribe(listener, from, (answer) => listener.answers.push(answer));
  }

  page(listener: OrdersListener): void {
    void this.channel.page(listener, { asset: "BTC-USD", orderId: 1 }, (answer) => listener.answers.push(answer));
  }

  offer(...sequences: number[]): void {
    const reports = sequences.map((accountSequence) => ({ accountId: ALICE, accountSequence, matchedAtUs: 1 }));
    this.channel.offer("BTC-USD", { reports: reports as SequencedReport[] });
  }

  flush(): void {
    while (this.channel.flush(() => undefined));
  }

  /** The database answers one question. */
  async answerOne(): Promise<void> {
    this.#waiting.shift()?.();
    await turn();
  }

  async answerAll(): Promise<void> {
    await turn();
    while (this.#waiting.length > 0) await this.answerOne();
  }

  async fillGaps(): Promise<void> {
    const keys = [...this.channel.gaps()].map(({ key }) => key);
    if (keys.length === 0) return;
    const filled = this.channel.fill(keys);
    await this.answerAll();
    await filled;
  }
}

function held({ channel }: Stage, listener: OrdersListener): boolean {
  const subscription = channel.subscription(listener, { asset: null, fields: {} });
  return "key" in subscription && subscription.isHeld();
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("channel orders", () => {
  it("answers with the account's sequence and sends what comes after exactly that", async () => {
    const stage = new Stage();
    stage.settled = 5;
    const listener = stage.listener();
    stage.subscribe(listener);
    await stage.answerAll();
    expect(listener.answers).to.deep.equal([{ ok: true, accountSequence: 5, openOrders: [], openOrdersTotal: 0 }]);
    stage.offer(4, 5, 6);
    stage.flush();
    expect(listener.received).to.deep.equal([6]);
  });

  it("replays page by page, then joins the live ones", async () => {
    const stage = new Stage();
    stage.settled = 8;
    const listener = stage.listener();
    stage.subscribe(listener, 0);
    await stage.answerAll();
    stage.offer(9);
    stage.flush();
    expect(listener.received).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("does not repeat live what a subscriber saw in the database before it was published", async () => {
    const stage = new Stage();
    const first = stage.listener();
    stage.subscribe(first);
    await stage.answerAll();
    stage.settled = 3;
    const ahead = stage.listener();
    stage.subscribe(ahead);
    await stage.answerAll();
    stage.offer(1, 2, 3, 4);
    stage.flush();
    expect(first.received).to.deep.equal([1, 2, 3, 4]);
    expect(ahead.received).to.deep.equal([4]);
    stage.offer(5);
    stage.flush();
    expect(ahead.received).to.deep.equal([4, 5]);
  });

  it("refuses a sequence that the account has not reached", async () => {
    const stage = new Stage();
    stage.settled = 5;
    const listener = stage.listener();
    stage.subscribe(listener, 6);
    await stage.answerAll();
    expect(listener.answers[0]).to.deep.include({ ok: false, code: "MALFORMED_MESSAGE" });
    expect(held(stage, listener)).to.equal(false);
  });

  it("answers UNAVAILABLE when the database is away, and works when it is back", async () => {
    const stage = new Stage();
    stage.isDatabaseAway = true;
    const listener = stage.listener();
    stage.subscribe(listener);
    await stage.answerAll();
    expect(listener.answers[0]).to.deep.include({ ok: false, code: "UNAVAILABLE" });
    stage.isDatabaseAway = false;
    stage.subscribe(listener);
    await stage.answerAll();
    expect(listener.answers[1]).to.deep.include({ ok: true });
  });

  it("refuses what Postgres refuses for its content, which would not be better later", async () => {
    const stage = new Stage();
    const listener = stage.listener();
    stage.subscribe(listener);
    await stage.answerAll();
    stage.refusedWith = "22021";
    stage.page(listener);
    await stage.answerAll();
    stage.subscribe(listener, 0);
    await stage.answerAll();
    stage.refusedWith = "57P03";
    stage.subscribe(listener, 0);
    await stage.answerAll();
    const codes = listener.answers.map((answer) => (answer.ok ? "ok" : answer["code"]));
    expect(codes).to.deep.equal(["ok", "MALFORMED_MESSAGE", "MALFORMED_MESSAGE", "UNAVAILABLE"]);
  });

  it("tells and cuts a subscriber whose replay the database broke off", async () => {
    const stage = new Stage();
    stage.settled = 8;
    const listener = stage.listener();
    stage.subscribe(listener, 0);
    await stage.answerOne();
    stage.isDatabaseAway = true;
    await stage.answerAll();
    expect(listener.answers).to.have.length(1);
    expect(listener.cutWhy).to.equal("UNAVAILABLE");
  });

  it("lets the later of two subscribes win", async () => {
    const stage = new Stage();
    stage.settled = 4;
    const listener = stage.listener();
    stage.subscribe(listener, 0);
    stage.subscribe(listener, 2);
    await stage.answerAll();
    expect(listener.answers.map(({ ok }) => ok)).to.have.members([false, true]);
    stage.offer(5);
    stage.flush();
    expect(listener.received).to.deep.equal([3, 4, 5]);
  });

  it("sends nothing after unsubscribe", async () => {
    const stage = new Stage();
    const listener = stage.listener();
    stage.subscribe(listener);
    await stage.answerAll();
    stage.channel.forget(listener);
    stage.offer(1);
    stage.flush();
    expect(listener.received).to.deep.equal([]);
    expect(held(stage, listener)).to.equal(false);
  });

  it("refuses more subscribers that catch up at once than its limits: in all, and of one account", async () => {
    for (const limits of [{ catchUpsMax: 1 }, { catchUpsPerAccountMax: 1 }]) {
      const stage = new Stage(limits);
      stage.subscribe(stage.listener());
      const [second, ofAnother] = [stage.listener(), stage.listener(BOB)];
      stage.subscribe(second);
      stage.subscribe(ofAnother);
      expect(second.answers[0]).to.deep.include({ ok: false, code: "BUSY" });
      expect(ofAnother.answers).to.have.length("catchUpsMax" in limits ? 1 : 0);
      await stage.answerAll();
    }
  });

  it("serves accounts by turns: who has one subscriber does not wait for all of another's", async () => {
    const stage = new Stage();
    const ofAlice = Array.from({ length: 20 }, () => stage.listener());
    for (const listener of ofAlice) stage.subscribe(listener);
    const bob = stage.listener(BOB);
    stage.subscribe(bob);
    await turn();
    for (let answered = 0; answered < 5; answered++) await stage.answerOne();
    expect(bob.answers).to.have.length(1);
    await stage.answerAll();
    expect(ofAlice.every(({ answers }) => answers.length === 1)).to.equal(true);
  });

  it("gives open orders page by page to who is subscribed", async () => {
    const stage = new Stage();
    stage.next = { asset: "BTC-USD", orderId: 256 };
    const listener = stage.listener();
    const page = () => {
      const subscription = stage.channel.subscription(listener, { asset: null, fields: { next: "BTC-USD/256" } });
      if ("begin" in subscription) subscription.begin((answer) => listener.answers.push(answer));
    };
    page();
    stage.subscribe(listener);
    await stage.answerAll();
    page();
    await stage.answerAll();
    expect(listener.answers[0]).to.deep.include({ ok: false, code: "UNSUPPORTED_COMBINATION" });
    expect(listener.answers[1]).to.deep.include({ ok: true, next: "BTC-USD/256" });
    expect(listener.answers[2]).to.deep.equal({ ok: true, accountSequence: 0, openOrders: [stage.next] });
  });

  it("gives back what it keeps, and reads it again when it is needed", async () => {
    const stage = new Stage();
    const listener = stage.listener();
    stage.subscribe(listener);
    await stage.answerAll();
    for (let sequence = 1; sequence <= 1_000; sequence++) stage.offer(sequence);
    stage.flush();
    for (let sequence = 1_003; sequence <= 2_000; sequence++) stage.offer(sequence);
    stage.settled = 2_000;
    expect(stage.kept.excess).to.be.above(1_000_000);
    stage.channel.giveBack(stage.kept.excess);
    expect(stage.kept.excess).to.equal(0);
    const fromThePast = stage.listener();
    stage.subscribe(fromThePast, 990);
    await stage.answerAll();
    while (listener.received.length < 2_000) {
      await stage.fillGaps();
      stage.flush();
    }
    expect(listener.received).to.deep.equal(Array.from({ length: 2_000 }, (_, i) => i + 1));
    expect(fromThePast.received).to.deep.equal(Array.from({ length: 1_010 }, (_, i) => i + 991));
    stage.channel.forget(listener);
    stage.channel.forget(fromThePast);
    expect(stage.kept.total).to.equal(0);
  });

  it("fills a hole from the database", async () => {
    const stage = new Stage();
    const listener = stage.listener();
    stage.subscribe(listener);
    await stage.answerAll();
    stage.settled = 3;
    stage.offer(3);
    stage.flush();
    expect(listener.received).to.deep.equal([]);
    await stage.fillGaps();
    stage.flush();
    expect(listener.received).to.deep.equal([1, 2, 3]);
  });

  it("brings every report to every subscriber once and in order, whatever is lost, late or interleaved", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("settle" as const), publish: fc.boolean(), swap: fc.boolean() }),
      fc.record({ do: fc.constant("subscribe" as const), from: fc.option(fc.nat(100)) }),
      fc.record({ do: fc.constantFrom("flush" as const, "answer" as const, "fill" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const stage = new Stage();
        const subscribers: { listener: OrdersListener; from: number | null }[] = [];
        for (const next of steps) {
          if (next.do === "settle") {
            stage.settled += 2;
            const pair = next.swap ? [stage.settled, stage.settled - 1] : [stage.settled - 1, stage.settled];
            if (next.publish) stage.offer(...pair);
          } else if (next.do === "subscribe") {
            const from = next.from === null ? null : next.from % (stage.settled + 1);
            const listener = stage.listener();
            subscribers.push({ listener, from });
            stage.subscribe(listener, from);
          } else if (next.do === "flush") stage.flush();
          else if (next.do === "answer") await stage.answerOne();
          else void stage.channel.fill([...stage.channel.gaps()].map(({ key }) => key));
        }
        await stage.answerAll();
        stage.channel.knowUpTo(ALICE, stage.settled);
        for (let round = 0; round < 2 * steps.length + 2; round++) {
          stage.flush();
          await stage.fillGaps();
        }
        stage.flush();
        for (const { listener, from } of subscribers) {
          const answer = listener.answers[0] as unknown as { accountSequence: number };
          const after = from ?? answer.accountSequence;
          const expected = Array.from({ length: stage.settled - after }, (_, i) => after + 1 + i);
          expect(listener.received).to.deep.equal(expected);
        }
      }),
      { numRuns: 200 },
    );
  });
});
