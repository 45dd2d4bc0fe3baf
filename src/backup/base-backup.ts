/** A base backup of the embedded Postgres: its files, copied while it runs, between the start and the end that it is told. */
import { chownSync, copyFileSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { archivingFile } from "../launcher/log-archive.js";
import { mayAccess } from "../launcher/postgres-account.js";
import type { Session } from "../shared/database/session.js";
import { ConfigurationError } from "../shared/domain/errors.js";
import type { BaseBackup } from "./catalog.js";
import { addFile, copyCluster, type Tell } from "./cluster-copy.js";

/** How long Postgres may take for its checkpoint, and for archiving the log up to the end. */
const WAIT_MS = 600_000;

/** Must be given to the session that calls `takeBaseBackup`. */
export const BASE_BACKUP_TIMEOUT_MS = WAIT_MS + 10_000;

interface Started {
  readonly log_file: string;
  readonly timeline: string;
}

interface Ended {
  readonly ends_at: string;
  readonly label: string;
  readonly tablespaces: string;
}

/** Turns the archive on: the log from here on is in it. */
export async function openArchive(session: Session, logFolder: string, cluster: string): Promise<void> {
  const [row] = await session.query<{ mode: string; command: string }>(
    "select current_setting('archive_mode') as mode, current_setting('archive_command') as command",
  );
  if (row?.mode !== "on" || !row.command.includes(logFolder.replaceAll("%", "%%").replaceAll("'", "'\\''")))
    throw new ConfigurationError(
      `Postgres does not archive its log to ${logFolder}: stop npm start and start it again, with the same BACKUP_DIR`,
    );
  const { uid, gid } = statSync(cluster);
  if (!existsSync(logFolder)) {
    mkdirSync(logFolder, { mode: 0o700 });
    chownSync(logFolder, uid, gid);
  }
  if (!mayAccess(process.getuid?.() === 0 ? { uid, gid } : undefined, logFolder, "w"))
    throw new ConfigurationError(`Postgres' account can't write to ${logFolder}: let it through, or set BACKUP_DIR`);
  writeFileSync(archivingFile(dirname(cluster)), "", { flush: true });
}

export async function takeBaseBackup(
  session: Session,
  { cluster, backup, logFolder }: { readonly cluster: string; readonly backup: string; readonly logFolder: string },
  tell: Tell,
): Promise<BaseBackup> {
  await session.query(`set statement_timeout = ${WAIT_MS}`);
  tell("asking Postgres for a checkpoint");
  const [started] = await session.query<Started>(
    `select pg_walfile_name(l) as log_file, left(pg_walfile_name(l), 8) as timeline
     from pg_backup_start($1, true) as l`,
    [backup],
  );
  tell("copying Postgres' files");
  const copied = await copyCluster(cluster, backup, tell);
  tell("waiting until the log is archived up to here");
  const [ended] = await session.query<Ended>(
    "select lsn::text as ends_at, labelfile as label, spcmapfile as tablespaces from pg_backup_stop(true)",
  );
  if (started === undefined || ended === undefined)
    throw new Error("Postgres has not said where the backup begins and ends");
  if (!existsSync(join(logFolder, started.log_file)))
    throw new Error(`Postgres says that ${started.log_file} is archived, and it is not in ${logFolder}`);
  if (ended.tablespaces.trim() !== "") throw new ConfigurationError("tablespaces can't be backed up here");
  const filesSha256 = addFile(backup, "backup_label", ended.label);
  copyFileSync(join(dirname(cluster), "password"), join(backup, "password"));
  return {
    ...copied,
    timeline: Number.parseInt(started.timeline, 16),
    firstLogFile: started.log_file,
    endsAt: ended.ends_at,
    filesSha256,
  };
}
