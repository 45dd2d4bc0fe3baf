/** An order with its result, then what a client looks at: its open orders and its balance, which must have it; then its cancel. */
import { HttpClient } from "./http-client.js";

const KEY = "random32";
const ASSET = "BTC-USD";
const QUANTITY = "0.0100";

/** What was answered and not there, each a sentence. */
export async function readOwnWrites(url: string, times: number): Promise<string[]> {
  const client = new HttpClient(url, 1);
  const missing: string[] = [];
  const held = async (): Promise<number> => {
    const { body } = await client.ask(KEY, "GET", "/v1/balances");
    return Number(body.balances.find(({ currency }: { currency: string }) => currency === "BTC")?.held ?? 0);
  };
  const isOpen = async (orderId: number): Promise<boolean> => {
    const { body } = await client.ask(KEY, "GET", `/v1/orders?asset=${ASSET}&status=open`);
    return body.orders.some((order: { orderId: number }) => order.orderId === orderId);
  };
  try {
    const before = await held();
    for (let time = 1; time <= times; time++) {
      const order = { asset: ASSET, side: "sell", quantity: QUANTITY, price: "90000.00" };
      const placed = await client.ask(KEY, "POST", "/v1/orders?wait=result", order);
      const { orderId, status } = placed.body;
      if (status !== "open") missing.push(`order ${time} was answered ${placed.status} ${status ?? placed.body.text}`);
      else if (!(await isOpen(orderId))) missing.push(`order ${time} is not among the open ones`);
      else if (Math.abs((await held()) - before - Number(QUANTITY)) > 1e-9)
        missing.push(`order ${time} is not in the balance`);
      await client.ask(KEY, "DELETE", `/v1/orders/${ASSET}/${orderId}?wait=result`);
      if (await isOpen(orderId)) missing.push(`order ${time} is still open after its cancel`);
    }
  } finally {
    client.close();
  }
  return missing;
}
