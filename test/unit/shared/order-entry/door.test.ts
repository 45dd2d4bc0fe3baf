import { expect } from "chai";
import type { RequestBody } from "../../../../src/shared/domain/messages.js";
import { isRefusal, refuse } from "../../../../src/shared/domain/rejects.js";
import { accountId, epochUs, logId, lots, orderId, priceTicks } from "../../../../src/shared/domain/units.js";
import { Backlog } from "../../../../src/shared/order-entry/backlog.js";
import type { LogOutcome, Settle } from "../../../../src/shared/order-entry/batcher.js";
import { CancelAllowance } from "../../../../src/shared/order-entry/cancel-allowance.js";
import { Door, type DoorLimits } from "../../../../src/shared/order-entry/door.js";
import { OrderRates } from "../../../../src/shared/order-entry/order-rates.js";

const [ANN, EVE] = [accountId(1), accountId(2)];
const REPLACE: RequestBody = {
  kind: "replace",
  orderId: orderId(256),
  quantityLots: lots(1),
  priceTicks: priceTicks(1),
  clientOrderId: null,
  cover: null,
};
const CANCEL: RequestBody = { kind: "cancel", orderId: orderId(256), clientOrderId: null };

/** A door before a log that takes everything; nothing is processed. */
class Scene {
  nowMs = 0;
  lost: string | null = null;
  isLogAway = false;
  /** Whose requests went to the log. */
  readonly taken: (typeof ANN)[] = [];
  readonly backlog = new Backlog();
  readonly rates: OrderRates;
  readonly door: Door;
  submits = (settle: Settle, _account: typeof ANN) => settle({ logId: logId(256), loggedAtUs: epochUs(1) });

  constructor(
    limits: DoorLimits = { backlogAgeMaxMs: 1_000, unprocessedMax: 100, credit: { requests: 95, promptMs: 500 } },
    perSecond = 1,
  ) {
    this.rates = new OrderRates({ perSession: { perSecond, burst: 10_000 }, perAccount: { perSecond, burst: 10_000 } });
    this.door = new Door({
      access: { isSuspended: () => false, isRevoked: () => false, stateOf: () => "open" },
      logWatch: { whyLost: () => this.lost },
      logWriter: { isAwayTooLong: () => this.isLogAway },
      rates: this.rates,
      cancels: new CancelAllowance({ perSecond: 1, burst: 10_000 }),
      backlog: this.backlog,
      batcher: { submit: (_asset, { accountId }, settle) => this.submits(settle, accountId) },
      shares: { took: (account) => this.taken.push(account) },
      limits,
      shuttingDown: refuse("SHUTTING_DOWN", "stopping"),
      nowMs: () => this.nowMs,
    });
  }

  /** ACK, or why not. */
  submit(account: typeof ANN, body = REPLACE, asset = "BTC-USD"): string {
    const outcomes: LogOutcome[] = [];
    const request = { accountId: account, receivedAtUs: epochUs(1), body };
    this.door.submit(asset, request, this.rates.newSession(this.nowMs), (outcome) => outcomes.push(outcome));
    expect(outcomes).to.have.length(1);
    const [outcome] = outcomes;
    return outcome !== undefined && isRefusal(outcome) ? outcome.name : "ACK";
  }

  offer(account: typeof ANN): void {
    const request = { accountId: account, receivedAtUs: epochUs(1), body: REPLACE };
    this.door.submit("BTC-USD", request, this.rates.newSession(this.nowMs), () => undefined);
  }

  logged(account: typeof ANN, count: number): void {
    this.backlog.logged("BTC-USD", logId(256), new Array(count).fill(account), this.nowMs);
  }
}

describe("the door", () => {
  it("refuses an account that has too much unprocessed in an asset, and nobody else", () => {
    const scene = new Scene();
    scene.logged(EVE, 99);
    expect(scene.submit(EVE)).to.equal("ACK");
    scene.logged(EVE, 1);
    expect(scene.submit(EVE)).to.equal("BUSY");
    expect(scene.submit(EVE, REPLACE, "ETH-USD")).to.equal("ACK");
    expect(scene.submit(ANN)).to.equal("ACK");
    scene.backlog.processed(new Map([["BTC-USD", logId(256)]]));
    expect(scene.submit(EVE)).to.equal("ACK");
  });

  it("lets an account cancel a quarter longer than place orders", () => {
    const scene = new Scene();
    scene.logged(EVE, 124);
    expect(scene.submit(EVE)).to.equal("BUSY");
    expect(scene.submit(EVE, CANCEL)).to.equal("ACK");
    scene.logged(EVE, 1);
    expect(scene.submit(EVE, CANCEL)).to.equal("BUSY");
  });

  it("says that the log is away, not what waits because of that", () => {
    const scene = new Scene();
    scene.logged(EVE, 125);
    scene.nowMs = 3_000;
    expect([EVE, ANN].map((account) => scene.submit(account))).to.deep.equal(["BUSY", "BUSY"]);
    scene.isLogAway = true;
    expect([EVE, ANN].map((account) => scene.submit(account))).to.deep.equal(["UNAVAILABLE", "UNAVAILABLE"]);
    expect(scene.submit(EVE, CANCEL)).to.equal("UNAVAILABLE");
  });

  it("takes more than its credit of an account only while what waits is young; cancels as ever", () => {
    const scene = new Scene();
    scene.logged(EVE, 95);
    scene.logged(ANN, 94);
    scene.nowMs = 500;
    expect(scene.submit(EVE)).to.equal("ACK");
    scene.nowMs = 501;
    expect([EVE, ANN].map((account) => scene.submit(account))).to.deep.equal(["BUSY", "ACK"]);
    expect(scene.submit(EVE, CANCEL)).to.equal("ACK");
    expect(scene.submit(EVE, REPLACE, "ETH-USD"), "another asset").to.equal("ACK");
    scene.backlog.processed(new Map([["BTC-USD", logId(256)]]));
    expect(scene.submit(EVE)).to.equal("ACK");
  });

  it("takes more than its credit, too, of an account that waits behind another one's requests", () => {
    const scene = new Scene();
    scene.logged(EVE, 400);
    scene.logged(ANN, 96);
    scene.nowMs = 501;
    expect([EVE, ANN].map((account) => scene.submit(account))).to.deep.equal(["BUSY", "ACK"]);
  });

  it("keeps what waits young where two accounts take turns in offering four times what is processed, to a slow log", () => {
    const credit = { requests: 256, promptMs: 1_000 };
    const scene = new Scene({ backlogAgeMaxMs: 15_000, unprocessedMax: 100_000, credit }, 1e6);
    const underway: (() => void)[][] = [];
    let last = 0;
    scene.submits = (settle, account) => {
      const at = ++last;
      underway[0]?.push(() => {
        scene.backlog.logged("BTC-USD", logId(at), [account], scene.nowMs);
        settle({ logId: logId(at), loggedAtUs: epochUs(1) });
      });
    };
    let oldestMs = 0;
    for (let tick = 0; tick < 6_000; tick++) {
      scene.nowMs = tick * 10;
      underway.unshift([]);
      for (let order = 0; order < 40; order++) scene.offer(Math.floor(tick / 40) % 2 === 0 ? EVE : ANN);
      if (underway.length > 100) for (const arrive of underway.pop() ?? []) arrive();
      if (tick % 20 === 0) scene.backlog.processed(new Map([["BTC-USD", logId(Math.min(last, tick * 10))]]));
      oldestMs = Math.max(oldestMs, scene.backlog.ageMs("BTC-USD", scene.nowMs));
    }
    // What came before the first one was known to wait for a second: two seconds of four times as much.
    expect(oldestMs).to.be.below(8_000);
  });

  it("refuses first whoever causes a backlog, and everybody when it is twice as old as may be", () => {
    const scene = new Scene();
    scene.logged(EVE, 90);
    scene.logged(ANN, 1);
    scene.nowMs = 1_000;
    expect([ANN, EVE].map((account) => scene.submit(account))).to.deep.equal(["ACK", "ACK"]);
    scene.nowMs = 1_001;
    expect([ANN, EVE].map((account) => scene.submit(account))).to.deep.equal(["ACK", "BUSY"]);
    expect(scene.submit(EVE, CANCEL)).to.equal("ACK");
    scene.nowMs = 2_001;
    expect([ANN, EVE].map((account) => scene.submit(account))).to.deep.equal(["BUSY", "BUSY"]);
  });

  it("lets nothing through while the log is lost, or once it is closed", () => {
    const scene = new Scene();
    scene.lost = "lost";
    expect(scene.submit(ANN, CANCEL)).to.equal("UNAVAILABLE");
    scene.door.close();
    expect(scene.submit(ANN, CANCEL)).to.equal("SHUTTING_DOWN");
  });

  it("counts cancels and timers in the rate, and gives them as much again", () => {
    const scene = new Scene();
    const rate = scene.rates.newSession(0);
    const cancels = () => scene.door.refuseTimer(ANN, rate) === null;
    for (let count = 0; count < 20_000; count++) expect(cancels()).to.equal(true);
    expect(cancels()).to.equal(false);
  });
});
