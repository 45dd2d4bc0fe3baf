/** Public clients as anybody installs them, with nothing but their addresses changed: none of them can reach another machine. */
import ccxt from "ccxt";

// biome-ignore lint/suspicious/noExplicitAny: a client as users have it, whose answers are looked at field by field
export type CcxtClient = any;

/** The client of ccxt, of which every address is the gateway's. */
export async function ccxtClient(gatewayUrl: string, key: string): Promise<CcxtClient> {
  const client = new ccxt.pro.binance({ apiKey: key, secret: key, timeout: 30_000, enableRateLimit: false });
  const api = client.urls["api"] as Record<string, unknown>;
  for (const [name, url] of Object.entries(api))
    if (typeof url === "string") api[name] = url.replace(/^https:\/\/[^/]+/, `${gatewayUrl}/binance`);
  const streams = gatewayUrl.replace(/^http/, "ws");
  api["ws"] = { spot: `${streams}/binance/stream`, "ws-api": { spot: `${streams}/binance/ws-api/v3` } };
  await client.loadHttpProxyAgent();
  return client;
}
