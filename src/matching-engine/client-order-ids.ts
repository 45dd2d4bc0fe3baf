import type { AccountId, OrderId } from "../shared/domain/units.js";

/** The first order of each account's client order ids, for the text engine. */
export class ClientOrderIds {
  readonly #byAccount = new Map<AccountId, Map<string, OrderId>>();

  find(accountId: AccountId, clientOrderId: string): OrderId | null {
    return this.#byAccount.get(accountId)?.get(clientOrderId) ?? null;
  }

  /** Null: the id is this order's from now on. An order id: that order has used it first. */
  claim(accountId: AccountId, clientOrderId: string, orderId: OrderId): OrderId | null {
    const first = this.find(accountId, clientOrderId);
    if (first !== null) return first;
    const ids = this.#byAccount.get(accountId) ?? new Map<string, OrderId>();
    this.#byAccount.set(accountId, ids.set(clientOrderId, orderId));
    return null;
  }
}
