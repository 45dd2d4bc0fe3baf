/** Thousands of sessions that cancel on disconnect, when their heartbeats can't be stored. */
import { seedDemoAccounts } from "../../src/launcher/demo-accounts.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { until } from "../../test/support/eventually.js";
import { Client } from "./client.js";
import { type Fault, NotAsPromised } from "./fault.js";
import type { Account } from "./load.js";
import type { World } from "./world.js";

const ACCOUNTS = Array.from({ length: 40 }, (_, index) => `crowd${index + 1}`);
/** Longer than a session may be away, and than what waits to be stored takes. */
const WOULD_BE_CANCELLED_MS = 8_000;
const WITHIN_MS = 60_000;

const OPEN = `select distinct name from orders join accounts using (account_id)
  where status in ('open', 'partially_filled') and name = any($1)`;
const FOUND = `select name, account_id as "accountId" from accounts where name = any($1) order by account_id`;

function crowdOfSessions(sessions: number, frozenMs: number): Fault {
  return {
    name: "cod-crowd",
    how: `${sessions} sessions that cancel on disconnect log in at once, then every process of Postgres stands still for ${frozenMs / 1000} s`,
    meanwhile: "no order of a connected client is cancelled, then every one of a client who is gone",
    measure: "report",
    recoversWithinMs: 60_000,
    lastsMs: frozenMs + 2 * WOULD_BE_CANCELLED_MS,
    // The first ones to log in say nothing until the last one has, which may take a minute.
    settings: { ORDER_HANDLER_CONNECTIONS_PER_ADDRESS_MAX: "4096", ORDER_HANDLER_IDLE_TIMEOUT_MS: "600000" },
    prepare: ({ database }) => seedDemoAccounts(database, ACCOUNTS),
    inject: async (world) => {
      const accounts = await world.database.query<Account>(FOUND, [ACCOUNTS]);
      const crowd = Array.from({ length: sessions }, (_, index) =>
        clientOf(world, accounts[index % accounts.length] as Account, index),
      );
      const open = async () => (await world.database.query<{ name: string }>(OPEN, [ACCOUNTS])).map(({ name }) => name);
      try {
        await Promise.all(
          crowd.map((client, index) => (index < ACCOUNTS.length ? client.placeResting() : hello(client))),
        );
        await until("an order of each account", async () => (await open()).length === ACCOUNTS.length, WITHIN_MS);
        world.postgres.freeze();
        await pausedFor(frozenMs);
        world.postgres.thaw();
        world.load.recovery.mark();
        await pausedFor(WOULD_BE_CANCELLED_MS);
        const left = await open();
        if (left.length < ACCOUNTS.length)
          throw new NotAsPromised(`orders of ${ACCOUNTS.length - left.length} accounts were cancelled, all connected`);
      } finally {
        for (const client of crowd) client.close();
      }
      await until("the orders of those who are gone to go", async () => (await open()).length === 0, WITHIN_MS);
    },
  };
}

function clientOf({ registry, load }: World, { name: account, accountId }: Account, index: number): Client {
  const { orderHandler: address } = load;
  const about = {
    name: `crowd${index}x${Date.now()}`,
    account,
    accountId,
    isText: true,
    seed: index,
    registry,
    address,
  };
  const client = new Client({ ...about, loginOption: "cod=1", onAnswer: load.onAnswer });
  client.resume();
  return client;
}

/** Logs in, which may take some tries while everybody does. */
async function hello(client: Client): Promise<void> {
  await until("a session", async () => (await client.say("PING")) === "OK PING", WITHIN_MS);
}

export const SESSION_FAULTS: readonly Fault[] = [crowdOfSessions(2_000, 8_000)];
