/** `npm run reconcile`: compares all that the database of a pipeline holds, running or not, and prints what differs. */
import { openSnapshot } from "../shared/database/snapshot.js";
import { commandLine } from "../shared/process/options.js";
import { PRESENT_VIEWS } from "./closed-days.js";
import { commandConfig } from "./config.js";
import { differenceText } from "./difference-text.js";
import { differences, RULES } from "./reconcile.js";

const SUMMARY = `Compares commands, orders, reports, trades, holds, ledger, balances and transfers at one moment, while the
pipeline runs, and names every row that differs from what others say.`;
const AFTER = `
The database is that of DATABASE_URL, or the one that npm start runs (DATA_DIR).
Exit codes: 0 nothing differs, 1 something does, 2 it could not be found out.`;

async function reconcile(isJson: boolean): Promise<number> {
  const snapshot = await openSnapshot(commandConfig().databaseUrl, "reconciliation", PRESENT_VIEWS);
  const progress = new Progress();
  try {
    let count = 0;
    for await (const difference of differences(snapshot, ({ rule }, index) => progress.show(index, rule))) {
      count++;
      progress.clear();
      print(isJson ? JSON.stringify(difference) : differenceText(difference));
    }
    progress.clear();
    const summary = count === 0 ? "nothing differs" : `${count} ${count === 1 ? "difference" : "differences"}`;
    print(isJson ? JSON.stringify({ rules: RULES.length, differences: count }) : `${RULES.length} rules: ${summary}`);
    return count === 0 ? 0 : 1;
  } finally {
    progress.clear();
    await snapshot.close();
  }
}

/** Shows on a terminal which rule is being checked. */
class Progress {
  show(index: number, rule: string): void {
    this.clear();
    if (process.stderr.isTTY) process.stderr.write(`${index + 1}/${RULES.length} ${rule}`);
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  const options = commandLine("reconcile", SUMMARY)
    .option("--json", "one JSON object a difference, and a last one with the number of them")
    .addHelpText("after", AFTER)
    .parse()
    .opts();
  process.exitCode = await reconcile(options.json === true);
} catch (error) {
  process.stderr.write(`reconcile: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
