/** What is traded here: read once, from the server that serves the page. */
import { type Asset, type AssetJson, assetOf } from "../state/asset.js";

const RETRY_MS = 1_000;
const ANSWER_TIMEOUT_MS = 5_000;

/** Asks until there is an answer. */
export async function fetchAssets(): Promise<readonly Asset[]> {
  for (;;) {
    try {
      const response = await fetch("/assets.json", { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      if (response.ok) return ((await response.json()) as AssetJson[]).map(assetOf);
    } catch {
      // The server is not there: the banner says so.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
