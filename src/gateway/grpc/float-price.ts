/** Prices of order_protobuf, which are 32-bit floats: to whole ticks and back. Pure. */
import type { Asset } from "../../shared/domain/assets.js";
import type { DecimalStep } from "../../shared/domain/decimal.js";
import { type Refusal, refuse } from "../../shared/domain/rejects.js";

/** The tick whose price is nearest; refuses prices at which a float can't tell one tick from the next. */
export function ticksOfFloat(price: number, { asset, tick, tickSize }: Asset): number | Refusal {
  const ticks = Math.round((price * 10 ** tick.scale) / tick.units);
  if (!(ticks > 0))
    return refuse("INVALID_PRICE", `price ${price} is not above zero; one tick of ${asset} is ${tickSize}`);
  const isAlone = [ticks - 1, ticks + 1].every((other) => floatOfTicks(other, tick) !== floatOfTicks(ticks, tick));
  if (isAlone) return ticks;
  return refuse(
    "INVALID_PRICE",
    `price ${price} is so high that a float can't tell ticks of ${tickSize} apart; send it to bourse.v1.Exchange/PlaceOrder`,
  );
}

export function floatOfTicks(ticks: number, tick: DecimalStep): number {
  return Math.fround((ticks * tick.units) / 10 ** tick.scale);
}
