import { expect } from "chai";
import { BookPass } from "../../../src/reconciliation/book-pass.js";
import type { OpenDifference } from "../../../src/reconciliation/difference-store.js";
import type { EngineBook, OpenOrder } from "../../../src/reconciliation/engine-books.js";
import type { Finding, Looked } from "../../../src/reconciliation/findings.js";
import { openWorkingSnapshot, type WorkingSnapshot } from "../../../src/shared/database/snapshot.js";
import { execute } from "../../support/postgres.js";
import { createBooks } from "./books.js";

const order = (values: Partial<Record<keyof OpenOrder, unknown>>) =>
  ({
    accountId: 1,
    side: 0,
    isWaiting: false,
    stopPriceTicks: null,
    filledLots: 0,
    displayLots: null,
    expiresAtMs: null,
    ...values,
  }) as OpenOrder;
const BUY = order({ orderId: 768, limitTicks: 95, leavesLots: 8 });
const SELL = order({ orderId: 1280, accountId: 2, side: 1, limitTicks: 120, leavesLots: 5 });

describe("a look at an engine's book, page by page", () => {
  let url: string;

  before(async () => {
    url = await createBooks();
    await execute(url, "insert into reconciled_assets select asset, 0, 0, 0, 0 from assets");
  });

  async function inSnapshot<L extends Looked>(look: (snapshot: WorkingSnapshot) => Promise<L>): Promise<L> {
    const options = { lock: "book-pass-test", statementTimeoutMs: 10_000 };
    const snapshot = (await openWorkingSnapshot(url, "book-pass-test", options)) as WorkingSnapshot;
    try {
      const looked = await look(snapshot);
      await snapshot.commit();
      return looked;
    } finally {
      await snapshot.close();
    }
  }

  /** With a page for each order. */
  async function lookAt(event: number, orders: readonly OpenOrder[], open: readonly OpenDifference[] = []) {
    const book: EngineBook = { asset: "BTC-USD", event, orders: () => orders };
    const pass = new BookPass(book, 1);
    await inSnapshot((snapshot) => pass.begin(snapshot));
    const findings: Finding[] = [];
    const resolved: OpenDifference[] = [];
    let pages = 0;
    for (; pass.outcome() === null; pages++) {
      const looked = await inSnapshot((snapshot) => pass.lookAtPage(snapshot, open));
      expect(await inSnapshot((snapshot) => pass.lookAtPage(snapshot, open))).to.deep.equal(looked, "a second look");
      pass.turn(looked);
      findings.push(...looked.findings);
      resolved.push(...looked.resolved);
    }
    return { findings, resolved, pages, outcome: pass.outcome() };
  }

  it("finds on every page what differs, with the last one what is right again, and nothing in a book that is right", async () => {
    const wrong = await lookAt(9, [
      order({ orderId: 9_999, limitTicks: 1, leavesLots: 1 }),
      { ...SELL, leavesLots: 6 as never },
    ]);
    const named = wrong.findings.map(({ difference: { row, column, found } }) => [row.key["order_id"], column, found]);
    expect([wrong.pages, named]).to.deep.equal([
      4, // one order was touched since
      [
        ["768", "exists", "false"],
        ["1280", "leaves_lots", "6"],
        ["9999", "exists", "true"],
      ],
    ]);
    const open = wrong.findings.map((finding, id) => ({ id, ...finding, assets: ["BTC-USD"], lastSeenAtMs: 0 }));
    const right = await lookAt(10, [SELL, BUY], open);
    expect(right).to.deep.equal({ findings: [], resolved: open, pages: 2, outcome: "compared" });
    expect((await lookAt(10, [SELL, BUY])).outcome).to.equal("was compared before");
    expect((await lookAt(12, [SELL, BUY])).outcome).to.equal("waits for its settlement");
  });
});
