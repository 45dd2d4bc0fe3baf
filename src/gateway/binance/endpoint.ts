/** An endpoint of the dialect: what REST and the WebSocket API both ask, with what of the exchange it is answered from. */

import type { Access } from "../../shared/access/access-feed.js";
import type { MarketData } from "../../shared/channels/market-data.js";
import type { AssetRegistry } from "../../shared/domain/assets.js";
import type { Logger } from "../../shared/process/log.js";
import type { Caller } from "./identity.js";
import type { OrderDesk } from "./order-desk.js";
import type { OwnOrdersStore } from "./own-orders-store.js";
import type { Parameters } from "./parameters.js";
import type { Symbols } from "./symbols.js";
import type { BalanceJson } from "./user-events.js";

export interface Exchange {
  readonly registry: AssetRegistry;
  readonly symbols: Symbols;
  readonly access: Pick<Access, "stateOf">;
  readonly market: Pick<MarketData, "depth" | "ticker" | "trades" | "candles" | "follow">;
  readonly ownOrders: OwnOrdersStore;
  readonly desk: OrderDesk;
  readonly balances: (accountId: Caller["accountId"]) => Promise<readonly BalanceJson[]>;
  readonly nowMs: () => number;
  readonly log: Logger;
}

export interface Call {
  readonly given: Parameters;
  /** For rates by address. */
  readonly address: string;
}

export interface SignedCall extends Call {
  readonly caller: Caller;
}

interface Common {
  /** What it counts for in an address's budget, by its parameters. */
  readonly weight: number | ((given: Parameters) => number);
}

/** Answers what becomes JSON. Throws a BinanceError, or what has no place in this dialect. */
export type Endpoint =
  | (Common & { readonly isSigned: false; readonly handle: (call: Call) => unknown })
  | (Common & { readonly isSigned: true; readonly handle: (call: SignedCall) => unknown });

export function open(weight: Common["weight"], handle: (call: Call) => unknown): Endpoint {
  return { isSigned: false, weight, handle };
}

export function signed(weight: Common["weight"], handle: (call: SignedCall) => unknown): Endpoint {
  return { isSigned: true, weight, handle };
}
