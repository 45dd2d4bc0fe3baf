import { expect } from "chai";
import type { Settle } from "../../../src/order-handler/batcher.js";
import { OrderCanceler } from "../../../src/order-handler/order-canceler.js";
import { refuse } from "../../../src/shared/rejects.js";
import { accountId, epochUs, logId } from "../../../src/shared/units.js";

const ME = accountId(1);
const LOGGED = { logId: logId(256), loggedAtUs: epochUs(1) };

describe("order canceler", () => {
  let nowUs = epochUs(0);
  let sent: { asset: string; account: number; settle: Settle }[] = [];
  let canceler: OrderCanceler;

  beforeEach(() => {
    nowUs = epochUs(0);
    sent = [];
    canceler = new OrderCanceler({
      submit: (asset, { accountId: account, body }, settle) => {
        expect(body).to.deep.equal({ kind: "cancel_all", side: null });
        sent.push({ asset, account, settle });
      },
      nowUs: () => nowUs,
      assets: ["BTC-USD", "ETH-USD"],
    });
  });

  const sweepAfter = (seconds: number) => {
    nowUs = epochUs(nowUs + seconds * 1e6);
    canceler.sweep();
  };
  const assetsSent = () => sent.map(({ asset }) => asset);

  it("sends a cancel again until it is logged", () => {
    canceler.cancelAll(ME, ["BTC-USD"]);
    sweepAfter(1);
    expect(sent).to.have.length(1);
    sent[0]?.settle(refuse("UNAVAILABLE", "later"));
    sweepAfter(1);
    expect(sent).to.have.length(2);
    sent[1]?.settle(LOGGED);
    sweepAfter(1);
    expect(sent).to.have.length(2);
    expect(canceler.openCount).to.equal(0);
  });

  it("sends one more for orders placed after a cancel that is still open", () => {
    canceler.cancelAll(ME, ["BTC-USD"]);
    canceler.cancelAll(ME, ["BTC-USD"]);
    sent[0]?.settle(LOGGED);
    expect(canceler.openCount).to.equal(1);
    sent[1]?.settle(refuse("UNKNOWN_OUTCOME", "?"));
    sweepAfter(1);
    expect(sent).to.have.length(3);
  });

  it("cancels in every asset when the timer is not renewed, once", () => {
    canceler.armTimer(ME, 10);
    sweepAfter(9);
    canceler.armTimer(ME, 10);
    sweepAfter(9);
    expect(sent).to.have.length(0);
    sweepAfter(1);
    expect(assetsSent()).to.deep.equal(["BTC-USD", "ETH-USD"]);
    for (const { settle } of sent) settle(LOGGED);
    sweepAfter(100);
    expect(sent).to.have.length(2);
  });

  it("forgets a timer that is turned off", () => {
    canceler.armTimer(ME, 10);
    canceler.armTimer(ME, 0);
    sweepAfter(100);
    expect(sent).to.have.length(0);
  });

  it("fires all timers when nobody will watch them any longer", () => {
    canceler.armTimer(ME, 10);
    canceler.fireAllTimers();
    expect(assetsSent()).to.deep.equal(["BTC-USD", "ETH-USD"]);
  });
});
