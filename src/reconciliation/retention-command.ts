/** `npm run retention -- --keep 90d`: lets go of days of history that are older, once what stands for them is verified. */
import { connectBus } from "../shared/bus/bus.js";
import { takeUpCreatedAssets } from "../shared/database/created-assets.js";
import { connectDatabase } from "../shared/database/database.js";
import { createLogger } from "../shared/process/log.js";
import { commandLine, days, textOption } from "../shared/process/options.js";
import { retentionConfig } from "./config.js";
import { newestState } from "./engine-books.js";
import { Retention } from "./retention.js";
import { RetentionStore } from "./retention-store.js";

const SUMMARY = `Lets go of orders, reports, trades and postings of days that are older than is said, beside the running pipeline. What
stands for a day is stored and verified first: the engines' states, the rows of orders that go on, and the sums of its postings.`;
const AFTER = `
The servers are those of DATABASE_URL and NATS_URL, or those that npm start runs (DATA_DIR). The user must own the tables.
It may be ended at any moment; the next run goes on where it was. What is gone comes back from a backup only.
Exit codes: 0 done, 1 a day can't go (the last line says why), 2 it could not be found out.`;

/** Summing up a large day takes a while, and detaching waits for whoever reads. */
const STATEMENT_MAX_MS = 6 * 3_600_000;
const CONNECT_DEADLINE_MS = 5_000;

async function main(): Promise<void> {
  const { keep, dryRun } = commandLine("retention", SUMMARY)
    .addOption(
      textOption("--keep <days>", "how many days stay whole, such as 90d").argParser(days).makeOptionMandatory(),
    )
    .option("--dry-run", "only say what would go, and what stands for it")
    .addHelpText("after", AFTER)
    .parse()
    .opts();
  const { databaseUrl, natsUrl, registry } = retentionConfig();
  const log = createLogger("retention", "error");
  const database = await connectDatabase(
    databaseUrl,
    { applicationName: "retention", log, poolMax: 1 },
    CONNECT_DEADLINE_MS,
  );
  try {
    await takeUpCreatedAssets(database, registry, log);
    const bus = await connectBus(natsUrl, { name: "retention", log }, CONNECT_DEADLINE_MS);
    const store = new RetentionStore(database.lane({ connections: 1, timeoutMs: STATEMENT_MAX_MS }));
    const tell = (line: string) => void process.stdout.write(`${line}\n`);
    const ports = { store, assets: registry.assets, newestState: newestState.bind(null, bus), tell };
    const retention = new Retention(ports);
    try {
      if (dryRun === true) await retention.look(keep);
      else tell(`${await retention.run(keep)} days are gone`);
    } finally {
      await bus.close();
    }
  } finally {
    await database.close();
  }
}

try {
  await main();
} catch (error) {
  const { name, message } = error as Error;
  process.stderr.write(`retention: ${message.replace(/\s*\n\s*/g, " ")}\n`);
  process.exitCode = name === "NotVerified" || (error as { code?: string }).code === "BX012" ? 1 : 2;
}
