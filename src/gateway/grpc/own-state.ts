import type { BalancesStore } from "../../shared/channels/balances-store.js";
import { parseOrdersRequest, placeText } from "../../shared/channels/orders-request.js";
import type { OrdersStore } from "../../shared/channels/orders-store.js";
import type { Asset } from "../../shared/domain/assets.js";
import { isRefusal, type Refusal } from "../../shared/domain/rejects.js";
import type { AccountId } from "../../shared/domain/units.js";
import { reportMessage } from "./report-message.js";

const ORDERS_IN_PAGE_MAX = 500;

/** What an account has: its open orders and its balances, as Postgres has them now. */
export class OwnState {
  readonly #orders: OrdersStore;
  readonly #balances: BalancesStore;
  readonly #assets: ReadonlyMap<string, Asset>;

  constructor(orders: OrdersStore, balances: BalancesStore, assets: ReadonlyMap<string, Asset>) {
    this.#orders = orders;
    this.#balances = balances;
    this.#assets = assets;
  }

  /** A page; `pageToken` is what the last one gave, or empty. */
  async openOrders(accountId: AccountId, pageToken: string): Promise<object | Refusal> {
    const request = pageToken === "" ? null : parseOrdersRequest({ next: pageToken });
    if (request !== null && isRefusal(request)) return request;
    const after = request?.kind === "page" ? request.after : { asset: "", orderId: 0 };
    const { openOrders, next } = await this.#orders.openOrdersAfter(accountId, after, ORDERS_IN_PAGE_MAX);
    const orders = openOrders.map((order) => reportMessage(order, this.#assets));
    return { orders, nextPageToken: next === null ? "" : placeText(next) };
  }

  async balances(accountId: AccountId): Promise<object> {
    const [account] = await this.#balances.balancesOf([accountId]);
    return { balances: account?.balances ?? [] };
  }
}
