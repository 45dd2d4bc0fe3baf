/** What other systems call an asset. */
import type { Asset, AssetRegistry } from "../../shared/domain/assets.js";
import { isRefusal } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";
import { findAsset } from "../../shared/requests/order-rules.js";

/** `SOL_USDC`, `SOL/USDC` and `SOL-USDC` alike. Throws a Problem for what is not traded here. */
export function assetOfMarket({ registry }: { readonly registry: AssetRegistry }, market: string): Asset {
  const asset = findAsset(registry, market.toUpperCase().replace(/[_/]/, "-"));
  if (isRefusal(asset)) throw new Problem(asset, { allowed: [...registry.assets.keys()] });
  return asset;
}

/** Also by its base currency alone, `btc`, where only one asset has it. Throws a Problem. */
export function assetOfBase(context: { readonly registry: AssetRegistry }, name: string): Asset {
  const base = name.toUpperCase();
  const [asset, ...others] = [...context.registry.assets.values()].filter((one) => one.base === base);
  return asset !== undefined && others.length === 0 ? asset : assetOfMarket(context, name);
}
