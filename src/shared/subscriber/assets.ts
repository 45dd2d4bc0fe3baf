/** What is traded here: read once, from the notifier. */
import { type Asset, type AssetJson, assetOf } from "./asset.js";

const RETRY_MS = 1_000;
const ANSWER_TIMEOUT_MS = 5_000;

/** Asks until there is an answer; `url` is the notifier's. */
export async function fetchAssets(url: string): Promise<readonly Asset[]> {
  for (;;) {
    try {
      const response = await fetch(new URL("/assets.json", url), { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      if (response.ok) return ((await response.json()) as AssetJson[]).map(assetOf);
    } catch {
      // The server is not there: the connection says so, too.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
