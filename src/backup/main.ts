/** `npm run backup` and `npm run restore`. */
import { ConfigurationError, DeadlineExceeded } from "../shared/domain/errors.js";
import { nowEpochMs } from "../shared/process/clock.js";
import { createLogger } from "../shared/process/log.js";
import { commandLine, textOption, WrongOption, whole } from "../shared/process/options.js";
import { visible } from "../shared/process/visible-text.js";
import { Catalog } from "./catalog.js";
import { type BackupConfig, backupConfig } from "./config.js";
import { backupText, makeBackup } from "./make-backup.js";
import { momentOf } from "./moment.js";
import { restore } from "./restore.js";
import { restoreStreams } from "./restore-streams.js";
import type { ToReplay } from "./stream-reset.js";

const log = createLogger("backup", "silent");
const print = (line: string) => void process.stdout.write(`${visible(line)}\n`);
const BACKUPS_MAX = 1_000;

const [name, ...args] = process.argv.slice(2);

const BACKUP_SUMMARY = `Backs Postgres up while the pipeline runs: its files, and from then on its log, so that one can go back
to any moment after the oldest backup; ORDERS keep what would be replayed from there.`;
const RESTORE_SUMMARY = `Puts a stopped pipeline back to a moment: Postgres as it was then. ORDERS stay, and are replayed from there
by the next npm start: nothing acknowledged is lost. Can be run again when it was broken off.`;
const FOLDERS = `
Backups are in BACKUP_DIR, else in the folder backups of DATA_DIR. Exit codes: 0 done, 1 it could not be done, 2 not understood.`;

async function runBackup(config: BackupConfig): Promise<void> {
  const {
    list,
    keep = null,
    json,
  } = commandLine("backup", BACKUP_SUMMARY)
    .option(
      "--keep <count>",
      "remove those that are older than so many, and what only they need",
      whole({ to: BACKUPS_MAX }),
    )
    .option("--list", "what there is, instead of making one")
    .option("--json", "print one JSON object a backup")
    .addHelpText("after", FOLDERS)
    .parse(args, { from: "user" })
    .opts();
  const tell = json ? () => undefined : print;
  const backups = list ? new Catalog(config.backupFolder).list() : [await makeBackup(config, { keep, tell, log })];
  for (const backup of backups) print(json ? JSON.stringify(backup) : backupText(backup));
}

async function runRestore(config: BackupConfig): Promise<void> {
  const { to, streams, json } = commandLine("restore", RESTORE_SUMMARY)
    .addOption(
      textOption("--to <time>", "the moment: RFC 3339, such as 2026-11-29T21:50:00Z, or latest").makeOptionMandatory(),
    )
    .option("--streams", "only the streams, to the moment of a Postgres of your own that you have put back yourself")
    .option("--json", "print one JSON object at the end instead of what is done")
    .addHelpText("after", FOLDERS)
    .parse(args, { from: "user" })
    .opts();
  const options = { to: momentOf(to, nowEpochMs()), tell: json ? () => undefined : print, log };
  if (streams) {
    const done = await restoreStreams(config, options);
    return print(json ? JSON.stringify(done) : `the streams fit Postgres again; ${replayText(done.replayed)}`);
  }
  const done = await restore(config, options);
  if (json) return print(JSON.stringify(done));
  print(
    `Postgres is at its last commit up to ${to}, which was at ${done.moment.toISOString()}; ${replayText(done.replayed)}`,
  );
  if (done.before !== null) print(`the Postgres of before is in ${done.before}; remove it when all is well`);
}

function replayText(replayed: readonly ToReplay[]): string {
  const some = replayed.filter(({ requests }) => requests > 0);
  if (some.length === 0) return "nothing in ORDERS is later";
  const of = some.map(({ asset, requests }) => `${requests.toLocaleString("en")} of ${asset}`);
  return `the next npm start replays the requests after it: ${of.join(", ")}`;
}

try {
  if (name !== "backup" && name !== "restore") throw new WrongOption("it is npm run backup or npm run restore");
  const config = backupConfig();
  await (name === "backup" ? runBackup(config) : runRestore(config));
} catch (error) {
  const isOurs = [WrongOption, ConfigurationError, DeadlineExceeded].some((kind) => error instanceof kind);
  const text = isOurs ? (error as Error).message : ((error as Error).stack ?? String(error));
  process.stderr.write(`${name ?? "backup"}: ${isOurs ? visible(text) : text}\n`);
  process.exitCode = error instanceof WrongOption ? 2 : 1;
}
