/** What an engine has to bring back when it starts again: orders of accounts that do nothing else, far from the market. */
import type { Bus } from "../../src/shared/bus/bus.js";
import type { AssetRegistry } from "../../src/shared/domain/assets.js";
import { until } from "../../test/support/eventually.js";
import type { Client } from "./client.js";
import { hasRoom } from "./order-mix.js";

export const RESTING_ORDERS = 100_000;
/** Below the limit of orders that hold the same currency (openOrdersPerAccountMax). */
const ORDERS_PER_ACCOUNT = 4_000;
/** Requests of one client on their way at the same time. */
const LANES = 100;
const SNAPSHOTS_WITHIN_MS = 120_000;
/** Commands that a snapshot stands for, when it was taken after most of the orders had come to rest. */
const FULL_BOOK_COMMANDS = 9_000;

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

/** As for a pipeline that has run for a while: each engine's book was stored since the orders came to rest. */
export async function untilInSnapshots(bus: Pick<Bus, "subjectCounts">, registry: AssetRegistry): Promise<void> {
  const assets = [...registry.assets.values()].filter(hasRoom);
  await until(
    "a snapshot of each asset's resting orders",
    async () => {
      const snapshots = await bus.subjectCounts("SNAPSHOTS", "snapshots.*.*");
      return assets.every(({ asset }) => [...snapshots.keys()].some((subject) => isOfFullBook(subject, asset)));
    },
    SNAPSHOTS_WITHIN_MS,
  );
}

/** snapshots.BTC-USD.12345-3-… */
function isOfFullBook(subject: string, asset: string): boolean {
  const [, of = "", name = ""] = subject.split(".");
  return of === asset && Number.parseInt(name, 10) >= FULL_BOOK_COMMANDS;
}
