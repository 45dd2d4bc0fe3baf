import type { AccountId, OrderId } from "../shared/domain/units.js";

/** Which order each account's client order ids led to first. */
export class ClientOrderIds {
  readonly #byAccount = new Map<AccountId, Map<string, OrderId>>();

  find(accountId: AccountId, clientOrderId: string): OrderId | null {
    return this.#byAccount.get(accountId)?.get(clientOrderId) ?? null;
  }

  /** Null: it is the order's from now on. An order id: the order that has used it first, and keeps it. */
  claim(accountId: AccountId, clientOrderId: string, orderId: OrderId): OrderId | null {
    const first = this.find(accountId, clientOrderId);
    if (first !== null) return first;
    const ids = this.#byAccount.get(accountId) ?? new Map<string, OrderId>();
    this.#byAccount.set(accountId, ids.set(clientOrderId, orderId));
    return null;
  }
}
