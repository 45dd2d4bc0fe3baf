import { expect } from "chai";
import { endingOf, type WindDownAsset } from "../../../src/back-office/wind-downs.js";

describe("a wind-down", () => {
  const asset = (changed: Partial<WindDownAsset>): WindDownAsset => ({
    windDownId: 7,
    orders: "cancel",
    asset: "BTC-USD",
    hasFollowed: true,
    isSettled: true,
    openOrders: 0,
    takesOrders: false,
    ...changed,
  });

  const cases: [what: string, assets: Partial<WindDownAsset>[], ending: number[]][] = [
    ["ends when all is settled and nothing rests", [{}], [7]],
    ["waits until the asset has followed it", [{ hasFollowed: false }], []],
    ["waits until all is settled", [{ isSettled: false }], []],
    ["waits until the book is empty", [{ openOrders: 1 }], []],
    ["does not where orders are kept", [{ openOrders: 1, orders: "keep" }], [7]],
    ["waits for the last of its assets", [{}, { asset: "ETH-USD", openOrders: 1 }], []],
    ["ends where one of them is opened again", [{ openOrders: 1 }, { asset: "ETH-USD", takesOrders: true }], [7]],
    ["does not wait for another one", [{ windDownId: 6, openOrders: 1 }, {}], [7]],
  ];
  for (const [what, assets, ending] of cases)
    it(what, () => {
      expect(endingOf(assets.map(asset))).to.deep.equal(ending);
    });
});
