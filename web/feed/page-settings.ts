/** Where the gateway of this page is, as the server of the page says. */
const ANSWER_TIMEOUT_MS = 5_000;
const RETRY_MS = 1_000;

/** Asks until there is an answer. Null: there is no gateway, and the page shows what there is to see. */
export async function fetchGatewayUrl(origin: string): Promise<string | null> {
  for (;;) {
    try {
      const response = await fetch(new URL("/page.json", origin), { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      if (response.status < 500) return gatewayIn(response.ok ? await response.json() : {});
    } catch {
      // The server is not there: the connection says so.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function gatewayIn({ gateway }: { readonly gateway?: unknown }): string | null {
  return typeof gateway === "string" && gateway !== "" ? gateway : null;
}
