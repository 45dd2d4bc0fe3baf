import type { Asset } from "../../shared/domain/assets.js";
import type { RequestBody } from "../../shared/domain/messages.js";
import { isRefusal } from "../../shared/domain/rejects.js";
import { orderId } from "../../shared/domain/units.js";
import type { Identity } from "../../shared/http/identification.js";
import type { RequestRules } from "../../shared/requests/order-rules.js";
import type { Orders } from "../orders/orders.js";
import { errorOfRefusal } from "./errors.js";
import type { Caller } from "./identity.js";
import type { Logged, OrderDesk } from "./order-desk.js";
import type { OrderNamed } from "./order-parameters.js";

/** The gateway's orders for this dialect. */
export class GatewayDesk implements OrderDesk {
  readonly rules: RequestRules;
  readonly #orders: Orders;

  constructor(orders: Orders, rules: RequestRules) {
    this.#orders = orders;
    this.rules = rules;
  }

  async submit(
    caller: Caller,
    asset: Asset,
    body: RequestBody,
    about: OrderNamed | "new order" | null,
  ): Promise<Logged> {
    const named = about === null || about === "new order" ? about : targetOf(about);
    const outcome = await this.#orders.submit(identityOf(caller), asset, body, named);
    if (isRefusal(outcome)) throw errorOfRefusal(outcome);
    return outcome;
  }

  check(caller: Caller, asset: Asset, body: RequestBody): void {
    const refusal = this.#orders.refusalOf(identityOf(caller), asset, body);
    if (refusal !== null) throw errorOfRefusal(refusal);
  }
}

function targetOf({ orderId: id, clientOrderId }: OrderNamed) {
  return { orderId: id === null ? null : orderId(id), clientOrderId };
}

/** Orders that bring no client order id have been given one here. */
function identityOf({ accountId, account, keyId, role, expiresAtMs }: Caller): Identity {
  return { accountId, account, keyId, role, expiresAtMs, derivedClientOrderId: null };
}
