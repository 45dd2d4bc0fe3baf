import { signal } from "@preact/signals";
import { expect } from "chai";
import { assetOf } from "../../../../src/shared/subscriber/asset.js";
import type { OwnOrder } from "../../../../src/shared/subscriber/own-orders.js";
import { OrderLines, type OrderLinesPage } from "../../../../web/model/order-lines.js";
import type { OrderRow } from "../../../../web/model/orders.js";
import type { Problem } from "../../../../web/state/problem.js";

const [BTC, ETH] = ["BTC-USD", "ETH-USD"].map((asset) =>
  assetOf({ asset, base: asset.slice(0, 3), quote: "USD", tickSize: "0.01", lotSize: "0.0001" }),
);
const REFUSED: Problem = { code: 205, name: "INVALID_PRICE", text: "too far away", status: 400 };

describe("own orders in the chart", () => {
  const KEY = "BTC-USD/7";
  const rowOf = (asset: string, change: Partial<OwnOrder> = {}) => {
    const order = { key: `${asset}/7`, asset, orderId: 7, side: "sell", price: "100.00", quantity: "2", hops: null };
    return { ...order, order: signal<OwnOrder>({ ...order, leavesQuantity: "1.5", ...change }) };
  };
  const begun = () => {
    const btc = rowOf("BTC-USD");
    const rows = [btc, rowOf("ETH-USD"), { ...rowOf("BTC-USD", { price: undefined as never }), key: "BTC-USD/8" }];
    const open = signal(rows as unknown as readonly OrderRow[]);
    const page = { asset: signal(BTC), orders: { open } };
    const asked: string[][] = [];
    let answer: (problem: Problem | null) => void = () => undefined;
    const underWay = signal<ReadonlyMap<string, string>>(new Map());
    const lines = new OrderLines(page as unknown as OrderLinesPage, {
      underWay,
      replace: ({ key }, quantity, price) => {
        asked.push([key, quantity, price]);
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const shown = () => lines.lines.value.map(({ text, isInFlight }) => [text, isInFlight]);
    return { lines, page, btc, open, asked, underWay, shown, answer: (problem: Problem | null) => answer(problem) };
  };

  it("are those of the asset that is shown, and that have a price", () => {
    const { page, shown } = begun();
    expect(shown()).to.deep.equal([["sell 1.5 at 100.00", false]]);
    page.asset.value = ETH;
    expect(shown()).to.deep.equal([["sell 1.5 at 100.00", false]]);
  });

  it("ask for the price at which they are let go, in ticks, once, and stay there until the order is", async () => {
    const { lines, btc, asked, shown, answer } = begun();
    lines.drag(KEY, 101.234);
    expect(shown()).to.deep.equal([["sell 1.5 at 101.23", false]]);
    const dropped = lines.drop(KEY);
    lines.drag(KEY, 150);
    await lines.drop(KEY);
    expect(asked).to.deep.equal([[KEY, "2", "101.23"]]);
    expect(shown()).to.deep.equal([["sell 1.5 at 101.23, changing…", true]]);
    answer(null);
    await dropped;
    expect(shown()).to.deep.equal([["sell 1.5 at 101.23, changing…", true]]);
    btc.order.value = { ...btc.order.value, price: "101.23" };
    expect(shown()).to.deep.equal([["sell 1.5 at 101.23", false]]);
    expect(lines.problem.value).to.equal("");
  });

  it("go back with the server's words where it is refused", async () => {
    const { lines, shown, answer } = begun();
    lines.drag(KEY, 900);
    const dropped = lines.drop(KEY);
    answer(REFUSED);
    await dropped;
    expect(shown()).to.deep.equal([["sell 1.5 at 100.00", false]]);
    expect(lines.problem.value).to.equal("Back at 100.00, not at 900.00: 205 INVALID_PRICE: too far away");
  });

  it("can't be dragged while the order is changed or cancelled elsewhere, and ask for nothing then", async () => {
    const { lines, asked, shown, underWay } = begun();
    lines.drag(KEY, 101);
    underWay.value = new Map([[KEY, "canceling…"]]);
    await lines.drop(KEY);
    lines.drag(KEY, 102);
    expect([asked, shown()]).to.deep.equal([[], [["sell 1.5 at 100.00, changing…", true]]]);
  });

  it("are gone with their order, in the middle of a drag, too", async () => {
    const { lines, open, asked, shown } = begun();
    lines.drag(KEY, 101);
    open.value = [];
    await lines.drop(KEY);
    lines.drag(KEY, 102);
    expect([asked, shown()]).to.deep.equal([[], []]);
  });
});
