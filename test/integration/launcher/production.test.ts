import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { freePort } from "../../../src/launcher/free-port.js";
import { mainFile } from "../../../src/launcher/service-process.js";
import { connectDatabase } from "../../../src/shared/database/database.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { startNatsWithUsers } from "../../support/nats.js";
import { asRole, createDatabase } from "../../support/postgres.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const LAUNCHER = join(projectRoot, "dist", "launcher", "main.js");

describe("production over a database where a demo key is good", () => {
  let natsUrl: string;
  let databaseUrl: string;

  before(async () => {
    natsUrl = (await startNatsWithUsers()).urlOf("bourse");
    databaseUrl = await createDatabase();
    const database = await connectDatabase(databaseUrl, { applicationName: "test", log: createLogger("t", "silent") });
    await createApiKey(database, "ann", "somebody", "somebody");
    await database.close();
  });

  /** What a process says that ends by itself, not having started. */
  async function refusalOf(file: string, databaseUrl: string): Promise<string> {
    const ports = [
      "ORDER_HANDLER_PORT",
      "NOTIFIER_PORT",
      "GATEWAY_PORT",
      "GRPC_PORT",
      "BACK_OFFICE_PORT",
      "ADMIN_PORT",
      "ADMIN_PORT_BASE",
    ];
    const free = await Promise.all(ports.map(async (name) => [name, String(await freePort())] as const));
    const env = {
      PATH: process.env["PATH"],
      NODE_ENV: "production",
      KEY_ENCRYPTION_KEY: "5".repeat(64),
      SMTP_URL: "none",
      NATS_URL: natsUrl,
      DATABASE_URL: databaseUrl,
      DATA_DIR: temporaryFolder(),
      ...Object.fromEntries(free),
    };
    const ended = await promisify(execFile)(process.execPath, [file], {
      env,
      timeout: 30_000,
      killSignal: "SIGKILL",
    }).catch((error) => error);
    expect(ended).to.include({ code: 1 });
    return ended.stdout + ended.stderr;
  }

  it("does not start under the launcher", async () => {
    expect(await refusalOf(LAUNCHER, databaseUrl)).to.match(
      /tables did not start: everybody knows the secrets of the demo keys somebody, .* REVOKE_DEMO_KEYS=1 npm start/,
    );
  });

  for (const [service, role] of [
    ["order-handler", "bourse_order_handler"],
    ["market-data-notifier", "bourse_market_data_notifier"],
    ["gateway", "bourse_gateway"],
    ["back-office", "bourse_back_office"],
  ] as const)
    it(`does not start ${service} by itself, with the rights of its role`, async () => {
      expect(await refusalOf(mainFile(service), asRole(databaseUrl, role))).to.match(
        /demo keys somebody, .* REVOKE_DEMO_KEYS=1 with node dist\/launcher\/migrate.js/,
      );
    });
});
