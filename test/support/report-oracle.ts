/**
 * What docs/protocol.md (Reports) promises of the reports about one order, written from that page and not from the code:
 * event and status never contradict each other, and quantities add up.
 */
import { expect } from "chai";
import type { ExecutionReport, OrderStatus, ReportEvent } from "../../src/shared/domain/reports.js";

const STATUSES: Readonly<Record<ReportEvent, readonly OrderStatus[]>> = {
  accepted: ["open", "pending_trigger"],
  rejected: ["rejected"],
  trade: ["partially_filled", "filled"],
  canceled: ["canceled"],
  replaced: ["open", "partially_filled", "pending_trigger"],
  reduced: ["open", "partially_filled"],
  expired: ["expired"],
  triggered: ["open"],
  cancel_rejected: ["open", "partially_filled", "pending_trigger", "filled", "canceled", "rejected", "expired"],
  replace_rejected: ["open", "partially_filled", "pending_trigger", "filled", "canceled", "rejected", "expired"],
};
const FINAL: readonly OrderStatus[] = ["filled", "canceled", "rejected", "expired"];

export class ReportOracle {
  readonly #last = new Map<number, ExecutionReport>();

  follow(report: ExecutionReport): void {
    const { orderId, event, status, quantityLots, filledLots, leavesLots } = report;
    if (orderId === null || report.side === null) return;
    const what = `order ${orderId}: ${event}, ${status}`;
    const before = this.#last.get(orderId);
    this.#last.set(orderId, report);
    expect(STATUSES[event], what).to.include(status);
    expect(before === undefined, `${what} is the first`).to.equal(event === "accepted" || event === "rejected");
    if (before !== undefined && (FINAL.includes(before.status) || event.endsWith("_rejected"))) {
      expect(event, `${what} after ${before.status}`).to.match(/_rejected$/);
      expect([status, filledLots, leavesLots], what).to.deep.equal([
        before.status,
        before.filledLots,
        before.leavesLots,
      ]);
      return;
    }
    if (event === "trade") {
      expect(filledLots, what).to.equal((before?.filledLots ?? 0) + (report.lastQuantityLots ?? 0));
      if (status === "filled" && quantityLots === null) expect(report.reason, what).to.match(/^quote_budget_spent/);
      else expect(report.reason, what).to.equal(null);
    }
    if (FINAL.includes(status)) expect(leavesLots, what).to.equal(0);
    else if (quantityLots === null) expect(leavesLots, what).to.equal(null);
    else expect(filledLots + (leavesLots ?? 0), what).to.equal(quantityLots);
    if (status === "filled" && quantityLots !== null) expect(filledLots, what).to.equal(quantityLots);
    if (status === "partially_filled") expect(leavesLots, what).not.to.equal(0);
  }
}
