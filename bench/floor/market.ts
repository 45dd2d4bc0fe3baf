/** What the floor knows of accounts and assets: numbers to draw, money that moved, orders that rest. */
import type { FloorRequest } from "./frames.js";

export interface Account {
  readonly name: string;
  readonly accountId: number;
  reportSequence: number;
  /** In this batch, as JSON. */
  readonly reports: string[];
}

export interface Market {
  readonly asset: string;
  readonly base: string;
  readonly quote: string;
  logId: number;
  command: number;
  event: number;
  trade: number;
  /** Oldest first. */
  readonly resting: Readonly<Record<Side, Map<number, Order>>>;
}

export type Side = "buy" | "sell";

/** A request that is on disk. */
export interface Logged {
  readonly account: Account;
  readonly side: Side;
  readonly market: Market;
  readonly request: FloorRequest;
  readonly logId: number;
  readonly command: number;
  readonly atUs: number;
}

export interface Order extends Logged {
  filledLots: number;
  leavesLots: number;
  status: "open" | "partially_filled" | "filled" | "canceled";
}

interface Change {
  readonly accountId: number;
  readonly currency: string;
  available: number;
  held: number;
  openOrders: number;
}

/** One change a balance, however often a batch touches it. */
export class Changes {
  readonly #changes = new Map<string, Change>();

  add(accountId: number, currency: string, available: number, held: number, openOrders: number): void {
    const key = `${accountId} ${currency}`;
    let change = this.#changes.get(key);
    if (change === undefined) {
      change = { accountId, currency, available: 0, held: 0, openOrders: 0 };
      this.#changes.set(key, change);
    }
    change.available += available;
    change.held += held;
    change.openOrders += openOrders;
  }

  take(): Change[] {
    const all = [...this.#changes.values()];
    this.#changes.clear();
    return all;
  }
}
