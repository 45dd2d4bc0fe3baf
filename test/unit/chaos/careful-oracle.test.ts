import { expect } from "chai";
import type { SafeTime } from "../../../tools/chaos/careful-clients.js";
import { CarefulOracle } from "../../../tools/chaos/careful-oracle.js";
import type { World } from "../../../tools/chaos/world.js";

const CANCELLED_AT_MS = 1_000_000;

/** A world in which account 5's orders were cancelled, and `openOrders` of it are open. */
function worldWith(safeTimes: SafeTime[], openOrders: number): World {
  const cancels = [{ actionId: 1, accountId: 5, why: "its session ended", madeAtMs: CANCELLED_AT_MS }];
  const open = Array.from({ length: openOrders }, (_, at) => ({ asset: "BTC-USD", orderId: at, name: "leaves1" }));
  const query = async (text: string) => (text.includes("from orders") ? open : cancels);
  return { database: { query }, load: { careful: [{ accountId: 5, safeTimes }] } } as unknown as World;
}

async function found(world: World): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of new CarefulOracle(world).differences()) texts.push(text);
  return texts;
}

describe("What becomes of the orders of clients who leave", () => {
  it("is right when none is open, and who was cancelled was away", async () => {
    const safe = [{ fromMs: CANCELLED_AT_MS - 500, untilMs: CANCELLED_AT_MS - 100, owedSinceMs: null }];
    expect(await found(worldWith(safe, 0))).to.deep.equal([]);
  });

  it("is wrong when one is open still", async () => {
    expect(await found(worldWith([], 1))).to.have.length(1);
  });

  it("is wrong when who was there was cancelled", async () => {
    const safe = [{ fromMs: CANCELLED_AT_MS - 500, untilMs: CANCELLED_AT_MS + 100, owedSinceMs: null }];
    expect((await found(worldWith(safe, 0)))[0]).to.match(/was there at .*its session ended/);
  });

  it("is right when a cancel comes late that an absence before had earned", async () => {
    const owedSinceMs = CANCELLED_AT_MS - 9_000;
    const safe = [{ fromMs: CANCELLED_AT_MS - 500, untilMs: CANCELLED_AT_MS + 100, owedSinceMs }];
    expect(await found(worldWith(safe, 0))).to.deep.equal([]);
  });
});
