/** An account's reports and balances as the events of Binance's user data stream. Pure. */
import type { Asset } from "../../shared/domain/assets.js";
import { parseDecimal } from "../../shared/domain/decimal.js";
import type { ReportJson } from "../../shared/domain/report-json.js";
import type { ReportEvent } from "../../shared/domain/reports.js";
import { quoteText, toMs } from "./order-json.js";
import { statusOf, stpModeOf, typeOf } from "./order-words.js";
import { symbolOf } from "./symbols.js";

const EXECUTION: Readonly<Record<ReportEvent, string | null>> = {
  accepted: "NEW",
  rejected: "REJECTED",
  trade: "TRADE",
  canceled: "CANCELED",
  replaced: "REPLACED",
  reduced: "TRADE_PREVENTION",
  expired: "EXPIRED",
  triggered: "NEW",
  // Whoever sent the request is answered; no order has changed.
  cancel_rejected: null,
  replace_rejected: null,
};

/** Null: it is told to nobody. `filledTickLots` is the sum of price times quantity of the order's fills, with this one. */
export function executionReport(
  report: ReportJson,
  asset: Asset,
  filledTickLots: bigint,
  nowMs: number,
): object | null {
  const { type, reason = null, status } = report;
  const execution = EXECUTION[report.event];
  if (execution === null || type === undefined) return null;
  const state = statusOf(status, reason);
  const id = report.clientOrderId ?? "";
  return {
    e: "executionReport",
    E: nowMs,
    s: symbolOf(asset),
    c: id,
    S: report.side?.toUpperCase(),
    o: typeOf(type, { postOnly: report.postOnly === true }),
    f: type === "market" || type === "stop_market" ? "GTC" : report.timeInForce,
    q: report.quantity ?? report.filledQuantity,
    p: report.price ?? "0",
    P: report.stopPrice ?? "0",
    F: report.displayQuantity ?? "0",
    g: -1,
    C: report.event === "canceled" ? id : "",
    x: execution === "CANCELED" && state !== "CANCELED" ? "EXPIRED" : execution,
    X: state,
    r: report.event === "rejected" ? (reason ?? "NONE").split(":", 1)[0]?.toUpperCase() : "NONE",
    i: report.orderId,
    l: report.lastQuantity ?? "0",
    z: report.filledQuantity,
    L: report.lastPrice ?? "0",
    n: report.fee ?? "0",
    N: report.feeCurrency ?? null,
    T: toMs(report.matchedAtUs),
    t: report.tradeId ?? -1,
    I: report.accountSequence,
    w: status === "open" || status === "partially_filled",
    m: report.liquidity === "maker",
    M: false,
    O: toMs(report.receivedAtUs),
    Z: quoteText(filledTickLots, asset),
    Y: report.lastPrice === undefined ? "0" : quoteText(tickLotsOf(report, asset), asset),
    Q: report.quoteBudget ?? "0",
    W: toMs(report.receivedAtUs),
    V: stpModeOf(report.selfTradePrevention ?? "cancel_newest"),
  };
}

/** Price times quantity of the report's own fill, in ticks × lots; 0: it is no trade. */
export function tickLotsOf({ lastPrice, lastQuantity }: ReportJson, { tick, lot }: Asset): bigint {
  if (lastPrice === undefined || lastQuantity === undefined) return 0n;
  return BigInt(parseDecimal(lastPrice, tick)) * BigInt(parseDecimal(lastQuantity, lot));
}

/** A balance as the channel `balances` tells it. */
export interface BalanceJson {
  readonly currency: string;
  readonly available: string;
  readonly held: string;
}

export function accountPosition(balances: readonly BalanceJson[], nowMs: number): object {
  return {
    e: "outboundAccountPosition",
    E: nowMs,
    u: nowMs,
    B: balances.map(({ currency, available, held }) => ({ a: currency, f: available, l: held })),
  };
}

/** Sums of price times quantity of open orders' fills, kept up by their reports. */
export class FilledSums {
  readonly #sums = new Map<string, bigint>();

  /** What an order's fills came to before the reports that follow. */
  set(asset: string, orderId: number, tickLots: bigint): void {
    this.#sums.set(`${asset} ${orderId}`, tickLots);
  }

  /** The order's sum with this report. Forgets orders that are done. */
  with(report: ReportJson, asset: Asset): bigint {
    if (report.orderId === undefined) return 0n;
    const key = `${asset.asset} ${report.orderId}`;
    const sum = (this.#sums.get(key) ?? 0n) + tickLotsOf(report, asset);
    const isOpen = ["open", "partially_filled", "pending_trigger"].includes(report.status);
    if (isOpen && sum > 0n) this.#sums.set(key, sum);
    else if (!isOpen) this.#sums.delete(key);
    return sum;
  }

  /** How many orders it keeps. */
  get size(): number {
    return this.#sums.size;
  }
}
