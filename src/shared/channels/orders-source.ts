import type { SequencedReport } from "../domain/reports.js";
import type { AccountId } from "../domain/units.js";
import type { Hole } from "../market-data/sequence-gate.js";
import type { FeedReport } from "./account-feed.js";

/** An open order's place in the order of the pages. */
export interface OpenOrderPlace {
  readonly asset: string;
  readonly orderId: number;
}

export interface OpenOrdersPage {
  /** The account's last report; the open orders are as of it. */
  readonly accountSequence: number;
  readonly openOrders: readonly object[];
  /** The last place of this page; null: there are no more. */
  readonly next: OpenOrderPlace | null;
}

/** The first page. */
export interface AccountSnapshot extends OpenOrdersPage {
  readonly openOrdersTotal: number;
}

export interface ReportsHole extends Hole {
  readonly key: AccountId;
}

export interface OrdersSource {
  accountSnapshot(accountId: AccountId, ordersMax: number): Promise<AccountSnapshot>;
  openOrdersAfter(accountId: AccountId, after: OpenOrderPlace, ordersMax: number): Promise<OpenOrdersPage>;
  /** The reports that follow `after`, in order, at most `reportsMax`. */
  reportsAfter(accountId: AccountId, after: number, reportsMax: number): Promise<FeedReport[]>;
  reportsIn(holes: readonly ReportsHole[]): Promise<{ accountId: AccountId; report: FeedReport }[]>;
  lastAccountSequences(accountIds: readonly AccountId[]): Promise<{ accountId: AccountId; accountSequence: number }[]>;
  render(asset: string, report: SequencedReport): object;
}
