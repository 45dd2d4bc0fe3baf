/** Where the gateway of this page is, as the server of the page says. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Null: there is none, and the page shows what there is to see. */
export async function fetchGatewayUrl(origin: string): Promise<string | null> {
  try {
    const response = await fetch(new URL("/page.json", origin), { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const { gateway } = response.ok ? ((await response.json()) as { gateway?: unknown }) : {};
    return typeof gateway === "string" && gateway !== "" ? gateway : null;
  } catch {
    return null;
  }
}
