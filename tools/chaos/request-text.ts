/** One request in both dialects (docs/protocol.md). Pure. */
import type { AssetRegistry } from "../../src/shared/domain/assets.js";
import { formatDecimal } from "../../src/shared/domain/decimal.js";
import type { NewOrder } from "../../src/shared/domain/messages.js";
import {
  WIRE_ORDER_TYPES,
  WIRE_SELF_TRADE_PREVENTIONS,
  WIRE_SIDES,
  WIRE_TIMES_IN_FORCE,
} from "../../src/shared/wire/enumerations.js";
import type { Wish } from "./order-mix.js";

const PREVENTIONS = {
  cancel_newest: "newest",
  cancel_oldest: "oldest",
  cancel_both: "both",
  decrement: "decrement",
  none: "none",
} as const;

/** A line of the text dialect, without its end. */
export function lineOf({ asset, body }: Wish, registry: AssetRegistry): string {
  const name = asset.asset;
  const id = (clientOrderId: string | null) => (clientOrderId === null ? "" : ` id=${clientOrderId}`);
  const quantity = (lots: number) => formatDecimal(lots, asset.lot);
  const price = (ticks: number) => formatDecimal(ticks, asset.tick);
  switch (body.kind) {
    case "cancel":
      return `CANCEL ${name}${body.orderId === null ? id(body.clientOrderId) : ` ${body.orderId}`}`;
    case "cancel_all":
      return `CANCELALL ${name}${body.side === null ? "" : ` ${body.side.toUpperCase()}`}`;
    case "replace":
      return `REPLACE ${name} ${body.orderId} ${quantity(body.quantityLots)} ${price(body.priceTicks)}${id(body.clientOrderId)}`;
    case "new": {
      const money = { scale: registry.currencies.get(asset.quote)?.decimals ?? 0, units: 1 };
      const options = {
        id: body.clientOrderId,
        tif: body.timeInForce,
        expires: body.expiresAtMs === null ? null : new Date(body.expiresAtMs).toISOString(),
        post: body.postOnly ? "1" : null,
        display: body.displayLots === null ? null : quantity(body.displayLots),
        stop: body.stopPriceTicks === null ? null : price(body.stopPriceTicks),
        min: body.minimumLots === null ? null : quantity(body.minimumLots),
        stp: PREVENTIONS[body.selfTradePrevention],
        quote: body.quoteBudgetUnits === null ? null : formatDecimal(body.quoteBudgetUnits, money),
      };
      const words = Object.entries(options).flatMap(([key, value]) => (value === null ? [] : `${key}=${value}`));
      const much = body.quantityLots === null ? "-" : quantity(body.quantityLots);
      const limit = body.priceTicks === null ? "MKT" : price(body.priceTicks);
      return [body.side.toUpperCase(), name, much, limit, ...words].join(" ");
    }
  }
}

/** The body of a ClientMessage of the binary dialect. */
export function messageOf({ asset: { asset }, body }: Wish): object {
  switch (body.kind) {
    case "cancel": {
      const target = body.orderId === null ? { clientOrderId: body.clientOrderId } : { orderId: body.orderId };
      return { cancelOrder: { asset, ...target } };
    }
    case "cancel_all":
      return { cancelAll: { asset, side: WIRE_SIDES.indexOf(body.side) } };
    case "replace": {
      const { orderId, quantityLots, priceTicks, clientOrderId } = body;
      return { replaceOrder: present({ asset, orderId, quantityLots, priceTicks, clientOrderId }) };
    }
    case "new":
      return { newOrder: newOrderMessage(asset, body) };
  }
}

function newOrderMessage(asset: string, order: NewOrder): object {
  const { kind: _, feeRates: __, displayLots, minimumLots, quoteBudgetUnits, ...same } = order;
  return present({
    ...same,
    asset,
    side: WIRE_SIDES.indexOf(order.side),
    type: WIRE_ORDER_TYPES.indexOf(order.type),
    timeInForce: WIRE_TIMES_IN_FORCE.indexOf(order.timeInForce),
    displayQuantityLots: displayLots,
    minimumQuantityLots: minimumLots,
    quoteBudget: quoteBudgetUnits,
    selfTradePrevention: WIRE_SELF_TRADE_PREVENTIONS.indexOf(order.selfTradePrevention),
  });
}

/** proto3: what is not there is not sent. */
function present(fields: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
