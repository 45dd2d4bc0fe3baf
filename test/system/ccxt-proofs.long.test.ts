import { expect } from "chai";
import { eventually } from "../support/eventually.js";
import { execute } from "../support/postgres.js";
import { TextSession } from "../support/trading-session.js";
import { BourseUnderTest } from "./bourse-under-test.js";
import { type CcxtClient, ccxtClient } from "./public-clients.js";

const SYMBOL = "BTC/USD";
const KILLS = 4;
/** Orders on their way when the gateway dies. */
const AT_ONCE = 8;
const TOGETHER = 25;
/** Times that ccxt is told of a change, at least. */
const CHANGES_MIN = 10;
/** Levels that are changed under a watched book, at least; `CCXT_LEVELS=100000 npx mocha test/system/ccxt-proofs.long.test.ts` takes minutes. */
const LEVELS = Number(process.env["CCXT_LEVELS"] ?? 2_000);

/** What ccxt's users rely on without seeing it. */
describe("ccxt's binance, in hard times", function () {
  this.timeout(120_000 + LEVELS * 10);
  let bourse: BourseUnderTest;
  let ann: CcxtClient;

  before(async () => {
    bourse = await BourseUnderTest.start();
    ann = await ccxtClient(bourse.endpoints.gatewayUrl, "random1");
    await ann.loadMarkets();
  });
  after(async () => {
    await ann?.close();
    await bourse?.interrupt();
  });

  /** Sends the order until it is known to be there, as a careful user does; how often that took. */
  async function surely(clientOrderId: string): Promise<number> {
    for (let attempts = 1; ; attempts++) {
      const error = await ann
        .createOrder(SYMBOL, "limit", "sell", 0.1, 64_000, { clientOrderId })
        .then(() => null)
        .catch((thrown: Error) => thrown);
      if (error === null || /Duplicate order/.test(error.message)) return attempts;
      if (
        !["NetworkError", "ExchangeNotAvailable", "RequestTimeout", "OperationFailed"].includes(error.constructor.name)
      )
        throw error;
      await new Promise((again) => setTimeout(again, 50));
    }
  }

  it("resends what a killed gateway has not answered, and doubles nothing", async () => {
    let resent = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const orders = Array.from({ length: AT_ONCE }, (_, index) => surely(`kill${kill}-${index}`));
      await bourse.killAndWaitForNext("gateway");
      resent += (await Promise.all(orders)).filter((attempts) => attempts > 1).length;
    }
    expect(resent, "orders that were on their way").to.be.above(0);
    const doubled = `select o.client_order_id from order_log o join accounts using (account_id)
      where name = 'random1' and o.kind = 'new' and o.refused is null and o.client_order_id like 'kill%'`;
    const ids = (await execute(bourse.endpoints.databaseUrl, doubled)).map((row) => row["client_order_id"]);
    expect(new Set(ids).size).to.equal(KILLS * AT_ONCE);
    expect(ids).to.have.length(KILLS * AT_ONCE);
    await ann.cancelAllOrders(SYMBOL);
  });

  it("watches a book through as many changes as one likes: it is the engine's, and no checksum is wrong", async () => {
    let changes = 0;
    let isOver = false;
    // ccxt has a book once it was told of a change: where nothing changes it waits.
    let book: CcxtClient | null = null;
    const watching = (async () => {
      while (!isOver) {
        book = await ann.watchOrderBook(SYMBOL);
        changes++;
      }
    })().catch((error: unknown) => {
      isOver = true;
      return error;
    });
    const session = await TextSession.open(bourse.endpoints.orderHandler, "random2");
    const place = async (index: number) => {
      const [side, price] = index % 2 === 0 ? ["BUY", 30_000 - (index % 60)] : ["SELL", 70_000 + (index % 60)];
      const ack = await session.request(`${side} BTC-USD 0.000${1 + (index % 9)} ${price}`);
      return ack.split(" ")[1] as string;
    };
    let resting: string[] = [];
    for (let index = 0; index < LEVELS || (changes <= CHANGES_MIN && !isOver); index += TOGETHER) {
      const gone = resting.splice(0, Math.max(0, resting.length - 100));
      const placed = Promise.all(Array.from({ length: TOGETHER }, (_, other) => place(index + other)));
      await Promise.all(gone.map((logId) => session.request(`CANCEL BTC-USD ${logId}`)));
      resting = [...resting, ...(await placed)];
    }
    const levels = async () => {
      const depth = await fetch(`${bourse.endpoints.gatewayUrl}/binance/api/v3/depth?symbol=BTCUSD&limit=1000`);
      const { bids, asks } = (await depth.json()) as { bids: [string, string][]; asks: [string, string][] };
      return JSON.stringify([bids, asks].map((side) => side.map((level) => level.map(Number))));
    };
    await eventually("the book that the engine has", async () => {
      const seen = JSON.stringify(
        [book?.bids ?? [], book?.asks ?? []].map((side) => side.map(([price, size]: number[]) => [price, size])),
      );
      return seen === (await levels()) ? true : null;
    });
    expect(changes).to.be.above(CHANGES_MIN);
    isOver = true;
    const ended = place(LEVELS);
    expect(await watching).to.equal(undefined);
    await ended;
    session.close();
  });
});
