import { expect } from "chai";
import { LiveDesk } from "../../../src/bots/live-desk.js";
import { assetOf } from "../../../src/shared/subscriber/asset.js";
import type { OwnOrder } from "../../../src/shared/subscriber/own-orders.js";

const asset = assetOf({ asset: "BTC-USD", base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" });

class Stage {
  readonly lines: string[] = [];
  readonly open: OwnOrder[] = [];
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  isConnected = true;
  readonly desk = new LiveDesk({
    asset,
    idPrefix: "x0",
    openOrders: () => this.open,
    isConnected: () => this.isConnected,
    send: (line) => {
      if (!this.isConnected) return "away";
      this.lines.push(line);
      return null;
    },
    nowMs: () => this.nowMs,
  });

  quoteRests(orderId: number, clientOrderId: string): void {
    const order = { asset: "BTC-USD", orderId, clientOrderId, side: "buy", price: "640.00", leavesQuantity: "0.0012" };
    this.open.push({ ...order, key: `BTC-USD/${orderId}`, hops: null });
  }
}

describe("a bot's desk at the order-handler", () => {
  it("sends quotes that stay and orders that end by themselves, each with an id of its own", () => {
    const { desk, lines } = new Stage();
    desk.place({ isBuy: true, quantityLots: 12, priceTicks: 64_000 }, true);
    desk.place({ isBuy: false, quantityLots: 10_000, priceTicks: 64_001 }, false);
    desk.place({ isBuy: true, quantityLots: 1, priceTicks: null }, false);
    expect(lines).to.deep.equal([
      "BUY BTC-USD 0.0012 640.00 stp=oldest id=x0q1",
      "SELL BTC-USD 1 640.01 tif=GTD expires=2026-01-01T00:01:00.000Z stp=oldest id=x0o2",
      "BUY BTC-USD 0.0001 MKT stp=oldest id=x0o3",
    ]);
  });

  it("is not ready until each order has its first report, or counts as lost", () => {
    const stage = new Stage();
    const { desk } = stage;
    desk.place({ isBuy: true, quantityLots: 12, priceTicks: 64_000 }, true);
    desk.answered("ACK 7 BTC-USD id=x0q1", stage.lines[0] as string);
    expect(desk.isReady).to.equal(false);
    desk.reported({ asset: "BTC-USD", clientOrderId: "x0q1", event: "accepted", status: "open" });
    expect(desk.isReady).to.equal(true);
    desk.place({ isBuy: true, quantityLots: 12, priceTicks: 64_000 }, true);
    stage.nowMs += 16_000;
    expect([desk.isReady, desk.lost]).to.deep.equal([true, 1]);
  });

  it("sends an order of unknown outcome again, unchanged, and gives up after a while", () => {
    const { desk, lines } = new Stage();
    desk.place({ isBuy: true, quantityLots: 12, priceTicks: 64_000 }, true);
    const [line] = lines;
    for (let time = 0; time < 10; time++) desk.answered("REJ 302 UNKNOWN_OUTCOME not known", line as string);
    expect(lines).to.deep.equal(Array.from({ length: 5 }, () => line));
  });

  it("sends what has no report again when the session is back, and decides nothing while it is away", () => {
    const stage = new Stage();
    stage.desk.place({ isBuy: true, quantityLots: 12, priceTicks: 64_000 }, true);
    stage.isConnected = false;
    expect(stage.desk.isReady).to.equal(false);
    stage.isConnected = true;
    stage.desk.resendAll();
    expect(stage.lines).to.have.length(2);
    expect(stage.lines[1]).to.equal(stage.lines[0]);
  });

  it("is still for a second where the order-handler refuses for the moment, and goes on at once where the order was wrong", () => {
    const stage = new Stage();
    const refuse = (response: string) => {
      stage.desk.place({ isBuy: true, quantityLots: 12, priceTicks: 64_000 }, true);
      stage.desk.answered(response, stage.lines.at(-1) as string);
    };
    refuse("REJ 208 NOTIONAL_LIMIT too small");
    expect(stage.desk.isReady).to.equal(true);
    refuse("REJ 300 BUSY later");
    expect(stage.desk.isReady).to.equal(false);
    stage.nowMs += 1_000;
    expect(stage.desk.isReady).to.equal(true);
  });

  it("knows its quotes among the account's orders, without those that it has cancelled", () => {
    const stage = new Stage();
    stage.quoteRests(7, "x0q1");
    stage.quoteRests(8, "x0o2");
    stage.quoteRests(9, "other");
    const [quote] = stage.desk.resting;
    expect(stage.desk.resting).to.deep.equal([{ orderId: 7, isBuy: true, priceTicks: 64_000, leavesLots: 12 }]);
    stage.desk.cancel(quote as NonNullable<typeof quote>);
    expect(stage.lines).to.deep.equal(["CANCEL BTC-USD 7"]);
    expect(stage.desk.resting).to.deep.equal([]);
    stage.desk.reported({ asset: "BTC-USD", orderId: 7, event: "cancel_rejected", status: "open" });
    expect(stage.desk.resting).to.have.length(1);
  });

  it("counts what it has bought and sold", () => {
    const { desk } = new Stage();
    const traded = { asset: "BTC-USD", event: "trade", status: "filled" };
    desk.reported({ ...traded, side: "buy", lastQuantity: "0.0050" });
    desk.reported({ ...traded, side: "sell", lastQuantity: "0.0012" });
    expect(desk.inventoryLots).to.equal(38);
  });
});
