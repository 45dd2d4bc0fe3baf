/** What an engine has to bring back when it starts again: orders of accounts that do nothing else, far from the market. */
import type { Client } from "./client.js";

export const RESTING_ORDERS = 100_000;
/** Below the limit of orders that hold the same currency (openOrdersPerAccountMax). */
const ORDERS_PER_ACCOUNT = 4_000;
/** Requests of one client on their way at the same time. */
const LANES = 100;

export function holderNames(restingOrders: number): string[] {
  return Array.from({ length: Math.ceil(restingOrders / ORDERS_PER_ACCOUNT) }, (_, index) => `holder${index + 1}`);
}

/** As fast as they are taken; resolves when each has its last answer. */
export async function placeRestingOrders(holders: readonly Client[], count: number): Promise<void> {
  let left = count;
  const lane = async (client: Client) => {
    while (left-- > 0) await client.placeResting();
  };
  for (const client of holders) client.resume();
  await Promise.all(holders.flatMap((client) => Array.from({ length: LANES }, () => lane(client))));
  for (const client of holders) client.close();
}
