import { expect } from "chai";
import { DepthView } from "../../../../src/shared/channels/depth-view.js";
import { accountId } from "../../../../src/shared/domain/units.js";
import { DepthBook } from "../../../../src/shared/market-data/depth-book.js";
import { TEST_ASSET } from "../../../support/test-asset.js";
import { FakeListener } from "./fake-listener.js";

describe("a subscriber of depth that reads nothing", () => {
  it("is told so and cut after two seconds, and one that reads on is not", () => {
    const view = new DepthView(TEST_ASSET, new DepthBook(), 10, { rooms: { send: () => undefined }, room: "room" });
    const [stalled, slow] = ["stalled", "slow"].map((id) => new FakeListener(id, accountId(1), () => []));
    for (const listener of [stalled, slow]) {
      if (listener === undefined) continue;
      view.join(listener);
      listener.behind = true;
    }
    view.look(1_000);
    expect([...(stalled?.rooms ?? [])]).to.deep.equal([]);
    if (slow !== undefined) slow.behind = false;
    view.look(2_900);
    expect([...(slow?.rooms ?? [])]).to.deep.equal(["room"]);
    view.look(3_100);
    expect([stalled?.cutWhy, slow?.cutWhy]).to.deep.equal(["SLOW_CONSUMER", null]);
  });
});
