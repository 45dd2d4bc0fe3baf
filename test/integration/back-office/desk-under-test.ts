import { Acts } from "../../../src/back-office/acts.js";
import { backOfficeConfig } from "../../../src/back-office/config.js";
import { deskPlugins } from "../../../src/back-office/desk-plugins.js";
import { operatorsOnly } from "../../../src/back-office/operators-only.js";
import { Desk } from "../../../src/back-office/service.js";
import { WindDowns } from "../../../src/back-office/wind-downs.js";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { connectDatabase } from "../../../src/shared/database/database.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import type { LauncherChannel } from "../../../src/shared/process/launcher-asks.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { asRole, createDatabase, execute } from "../../support/postgres.js";
import { serviceForTest } from "../../support/service.js";

export interface DeskUnderTest {
  readonly url: string;
  /** As an operator, unless a key says otherwise, whose secret is the same word; null: as nobody. */
  ask(method: string, path: string, body?: object, options?: { key?: string | null; once?: string }): Promise<Answered>;
  stop(): Promise<void>;
}

export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer
  readonly json: any;
}

/** Keys of the role operator, of accounts of the same names. */
export const OPERATORS = ["olga", "oscar"] as const;

/** A database of its own, in which everything is that can be traded. */
export async function tradedDatabase(): Promise<string> {
  const url = await createDatabase();
  const owner = await connectDatabase(url, { applicationName: "test", log: serviceForTest("test").log });
  await storeAssets(owner, loadAssets(`${projectRoot}config/assets.json`));
  await owner.close();
  return url;
}

/** The desk as main.ts wires it, in this process, on a free port, with the rights of its role. */
export async function startDesk(
  servers: { readonly natsUrl: string; readonly databaseUrl: string },
  launcher: LauncherChannel | null = null,
): Promise<DeskUnderTest> {
  const { databaseUrl, natsUrl } = servers;
  const owner = serviceForTest("test");
  const asOwner = await connectDatabase(databaseUrl, { applicationName: "test", log: owner.log });
  for (const name of [...OPERATORS, "trader"]) await createApiKey(asOwner, name, name, name);
  await asOwner.close();
  await execute(databaseUrl, "update api_keys set role = 'operator' where key_id = any($1)", [[...OPERATORS]]);
  const service = serviceForTest("back-office");
  const limited = asRole(databaseUrl, "bourse_back_office");
  // Nobody is at the admin ports that it looks at.
  const nowhere = { ADMIN_PORT_BASE: "1", DATA_DIR: "/nowhere" };
  const config = backOfficeConfig({ NATS_URL: natsUrl, DATABASE_URL: limited, BACK_OFFICE_PORT: "0", ...nowhere });
  const database = await connectDatabase(limited, { applicationName: "back-office", log: service.log });
  service.onStop("database", () => database.close());
  const windDowns = new WindDowns(database, launcher, service);
  const own = { config, database, windDowns, launcher, service };
  const context = { ...own, operatorsOnly: operatorsOnly(database, service.log), acts: new Acts(database) };
  const desk = await Desk.create(context, deskPlugins);
  service.onStop("http", () => desk.stop());
  const url = `http://127.0.0.1:${await desk.listen()}`;
  return {
    url,
    async ask(method, path, body, { key = OPERATORS[0], once } = {}) {
      const headers = {
        ...(key !== null && { authorization: `Basic ${Buffer.from(`${key}:${key}`).toString("base64")}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(once !== undefined && { "idempotency-key": once }),
      };
      const answer = await fetch(`${url}${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, json: await answer.json() };
    },
    stop: () => service.stop(),
  };
}
