import type { Asset } from "../../shared/domain/assets.js";
import { ConfigurationError } from "../../shared/domain/errors.js";
import { BinanceError } from "./errors.js";

/** Assets by the names that Binance's clients give them: BTCUSD is BTC-USD. */
export class Symbols {
  readonly #assets = new Map<string, Asset>();

  /** Throws a ConfigurationError if two assets have the same symbol, as A-BC and AB-C do. */
  constructor(assets: Iterable<Asset>) {
    for (const asset of assets) this.add(asset);
  }

  add(asset: Asset): void {
    const symbol = symbolOf(asset);
    const other = this.#assets.get(symbol);
    if (other !== undefined)
      throw new ConfigurationError(
        `${other.asset} and ${asset.asset} are both ${symbol} to Binance's clients: give one of them another name`,
      );
    this.#assets.set(symbol, asset);
  }

  get assets(): Iterable<Asset> {
    return this.#assets.values();
  }

  /** Of any case, as the names of streams are in lower case. Null: there is none. */
  find(symbol: string): Asset | null {
    return this.#assets.get(symbol.toUpperCase()) ?? null;
  }

  /** Throws the error that clients know. */
  get(symbol: string): Asset {
    const asset = this.#assets.get(symbol);
    if (asset === undefined) throw BinanceError.unknownSymbol([...this.#assets.keys()]);
    return asset;
  }
}

export function symbolOf({ base, quote }: Pick<Asset, "base" | "quote">): string {
  return base + quote;
}
