/** What the screen shows, at one moment. */
import type { Asset } from "../shared/subscriber/asset.js";
import type { BalanceJson } from "../shared/subscriber/balances.js";
import type { BookSide } from "../shared/subscriber/book-side.js";
import type { ReportJson } from "../shared/subscriber/own-orders.js";
import type { Tape } from "../shared/subscriber/tape.js";

export interface AccountView {
  readonly keyId: string;
  readonly openOrders: ReadonlyMap<string, ReportJson>;
  readonly balances: readonly BalanceJson[];
  /** Why that is not what the server has; null: it is. */
  readonly note: string | null;
}

export interface View {
  readonly asset: Asset;
  /** Null: not known yet. */
  readonly state: string | null;
  readonly bids: BookSide;
  readonly asks: BookSide;
  readonly bookNote: string | null;
  readonly tape: Tape;
  readonly tapeNote: string | null;
  /** Null: nobody is logged in. */
  readonly account: AccountView | null;
  /** What is wrong with the connections, and how they are. */
  readonly problem: string | null;
  readonly connection: string;
  /** Oldest first. */
  readonly messages: readonly string[];
  readonly typed: { readonly text: string; readonly cursor: number };
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}
