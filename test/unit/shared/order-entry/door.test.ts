import { expect } from "chai";
import type { RequestBody } from "../../../../src/shared/domain/messages.js";
import { isRefusal, refuse } from "../../../../src/shared/domain/rejects.js";
import { accountId, epochUs, logId, lots, orderId, priceTicks } from "../../../../src/shared/domain/units.js";
import { Backlog } from "../../../../src/shared/order-entry/backlog.js";
import type { LogOutcome } from "../../../../src/shared/order-entry/batcher.js";
import { CancelAllowance } from "../../../../src/shared/order-entry/cancel-allowance.js";
import { Door } from "../../../../src/shared/order-entry/door.js";
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
  /** Whose requests went to the log. */
  readonly taken: (typeof ANN)[] = [];
  readonly backlog = new Backlog();
  readonly rates = new OrderRates({
    perSession: { perSecond: 1, burst: 10_000 },
    perAccount: { perSecond: 1, burst: 10_000 },
  });
  readonly door = new Door({
    access: { isSuspended: () => false, isRevoked: () => false, stateOf: () => "open" },
    logWatch: { whyLost: () => this.lost },
    rates: this.rates,
    cancels: new CancelAllowance({ perSecond: 1, burst: 10_000 }),
    backlog: this.backlog,
    batcher: { submit: (_asset, _request, settle) => settle({ logId: logId(256), loggedAtUs: epochUs(1) }) },
    shares: { took: (account) => this.taken.push(account) },
    limits: { backlogAgeMaxMs: 1_000, unprocessedMax: 100, credit: { requests: 95, promptMs: 500 } },
    shuttingDown: refuse("SHUTTING_DOWN", "stopping"),
    nowMs: () => this.nowMs,
  });

  /** ACK, or why not. */
  submit(account: typeof ANN, body = REPLACE, asset = "BTC-USD"): string {
    const outcomes: LogOutcome[] = [];
    const request = { accountId: account, receivedAtUs: epochUs(1), body };
    this.door.submit(asset, request, this.rates.newSession(this.nowMs), (outcome) => outcomes.push(outcome));
    expect(outcomes).to.have.length(1);
    const [outcome] = outcomes;
    return outcome !== undefined && isRefusal(outcome) ? outcome.name : "ACK";
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
