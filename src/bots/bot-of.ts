import type { Asset } from "../shared/domain/assets.js";
import type { DecimalStep } from "../shared/domain/decimal.js";
import { Bot } from "./bot.js";
import type { Desk } from "./desk.js";
import { drawsOf } from "./draws.js";
import { ReferencePath } from "./reference-path.js";
import type { Strategy } from "./view.js";

/** An asset without a reference price begins at so many ticks. */
const OTHER_REFERENCE_TICKS = 1_000;

export interface BotPlace {
  readonly strategy: Strategy;
  readonly account: string;
  readonly asset: Asset;
  readonly seed: number;
  readonly desk: Desk;
}

/** A bot whose draws are its own, and for which the asset is worth what it is for all bots of the seed. */
export function botOf({ strategy, account, asset, seed, desk }: BotPlace): Bot {
  const referenceTicks = asset.referencePriceTicks ?? OTHER_REFERENCE_TICKS;
  const traded = { referenceTicks, tickSize: sizeOf(asset.tick), lotSize: sizeOf(asset.lot) };
  const path = new ReferencePath(referenceTicks, drawsOf(`${seed}/${asset.asset}`));
  return new Bot({ strategy, traded, path, draw: drawsOf(`${seed}/${asset.asset}/${account}`), desk });
}

function sizeOf({ units, scale }: DecimalStep): number {
  return units / 10 ** scale;
}
