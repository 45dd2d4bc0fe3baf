/**
 * The way back of the embedded Postgres: a base backup is laid out beside the present cluster and recovered from the archived log
 * to a moment. Only when all else is done, the two change places; until then it can be begun again at any time.
 */
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type EmbeddedPostgres, startPostgres } from "../launcher/embedded-postgres.js";
import type { UnixAccount } from "../launcher/guarded-process.js";
import { pidIn, stopLeftover } from "../launcher/leftovers.js";
import { archivingFile, fetchCommand } from "../launcher/log-archive.js";
import { mayAccess, postgresAccount } from "../launcher/postgres-account.js";
import { reachableFolder } from "../launcher/reachable-folder.js";
import { ConfigurationError, DeadlineExceeded } from "../shared/domain/errors.js";
import { pausedFor } from "../shared/process/waits.js";
import type { BaseBackup } from "./catalog.js";
import { layOut, type Tell } from "./cluster-copy.js";

export interface PostgresPlace {
  /** The folder of the server, with its cluster and password. */
  readonly folder: string;
  readonly port: number;
  readonly logFile: string;
  /** The archive of its log. */
  readonly archive: string;
}

/** Where to: along which timeline, and to which moment; null: to the end of the log. */
export interface Target {
  readonly timeline: number | "latest";
  readonly moment: Date | null;
}

const DRAFT = "cluster.restored";
const BEFORE = "cluster.before-restore";
const STALLED_MS = 600_000;
const LOOK_MS = 100;
const TELL_LOG_FILES = 20;
const STOP_DEADLINE_MS = 60_000;

export class ClusterWayBack {
  readonly #place: PostgresPlace;
  readonly #account: UnixAccount | undefined;
  readonly #home: string;
  readonly #tell: Tell;

  constructor(place: PostgresPlace, tell: Tell) {
    this.#place = place;
    this.#tell = tell;
    this.#account = postgresAccount(join(place.folder, "cluster"));
    this.#home = reachableFolder(place.folder, this.#account);
    // An earlier one may have ended between the two names.
    if (!existsSync(this.#present) && existsSync(this.#before)) renameSync(this.#before, this.#present);
  }

  get #present(): string {
    return join(this.#home, "cluster");
  }
  get #draft(): string {
    return join(this.#home, DRAFT);
  }
  get #before(): string {
    return join(this.#home, BEFORE);
  }
  /** What the recovered server archives, before it is the present one. */
  get #ownArchive(): string {
    return `${this.#place.archive}.restoring`;
  }

  /** Starts the present cluster, and so archives its log to the end; null: there is none, or it does not start. */
  async startPresent(): Promise<EmbeddedPostgres | null> {
    if (!existsSync(this.#present)) return null;
    if (!mayAccess(this.#account, this.#place.archive, "w"))
      throw new ConfigurationError(`Postgres' account can't write to ${this.#place.archive}: its log has to be there`);
    return await startPostgres({ ...this.#options, archive: this.#place.archive }).catch((error: Error) => {
      this.#tell(`the present Postgres does not start, going back without it: ${error.message}`);
      return null;
    });
  }

  /** Stops it, and throws where its log is not archived to the end. */
  async stopPresent(server: EmbeddedPostgres): Promise<void> {
    await server.process.stop(STOP_DEADLINE_MS);
    const waiting = readdirSync(join(this.#present, "pg_wal", "archive_status")).filter((name) =>
      name.endsWith(".ready"),
    );
    if (waiting.length > 0)
      throw new ConfigurationError(
        `${waiting.length} log files are not archived: is the disk of ${this.#place.archive} full?`,
      );
  }

  /** Recovers the backup; it runs then, at the moment, beside the present cluster. */
  async recover(backup: string, base: BaseBackup, target: Target): Promise<EmbeddedPostgres> {
    await stopLeftover(pidIn(join(this.#draft, "postmaster.pid")), this.#draft, "SIGINT");
    rmSync(this.#draft, { recursive: true, force: true });
    rmSync(this.#ownArchive, { recursive: true, force: true });
    this.#tell("laying the base backup out");
    await layOut(backup, base, { cluster: this.#draft, account: this.#account }, this.#tell);
    mkdirSync(this.#ownArchive, { mode: 0o700 });
    this.#own(this.#ownArchive);
    copyFileSync("/dev/null", join(this.#draft, "recovery.signal"));
    this.#own(join(this.#draft, "recovery.signal"));
    if (!existsSync(join(this.#home, "password"))) {
      copyFileSync(join(backup, "password"), join(this.#home, "password"));
      this.#own(join(this.#home, "password"));
    }
    writeFileSync(archivingFile(this.#home), "");
    this.#takeUnarchivedLog();
    this.#tell(
      target.moment === null ? "recovering to the end of the log" : `recovering to ${target.moment.toISOString()}`,
    );
    const wait = (isDone: () => boolean) => this.#untilRecovered(isDone);
    const settings = {
      restore_command: fetchCommand(this.#place.archive),
      recovery_target_timeline: String(target.timeline),
      recovery_target_action: "promote",
      // Else it calls itself ready as soon as it can be read, in the middle of the log.
      hot_standby: "off",
      ...(target.moment !== null && { recovery_target_time: timeText(target.moment) }),
    };
    return await startPostgres({
      ...this.#options,
      archive: this.#ownArchive,
      recovery: { cluster: DRAFT, settings, wait },
    });
  }

  /** The recovered cluster, which must be stopped, takes the present one's place, which is kept beside it. Returns where. */
  changePlaces(): string | null {
    rmSync(this.#before, { recursive: true, force: true });
    const isThere = existsSync(this.#present);
    if (isThere) renameSync(this.#present, this.#before);
    renameSync(this.#draft, this.#present);
    for (const name of readdirSync(this.#ownArchive))
      renameSync(join(this.#ownArchive, name), join(this.#place.archive, name));
    rmSync(this.#ownArchive, { recursive: true });
    return isThere ? this.#before : null;
  }

  get #options() {
    const { folder, port, logFile } = this.#place;
    return { folder, port, logFile, isDurable: true };
  }

  #own(path: string): void {
    if (this.#account !== undefined) chownSync(path, this.#account.uid, this.#account.gid);
  }

  /** Log files that the present cluster has and could not archive, because it does not start. */
  #takeUnarchivedLog(): void {
    const from = join(this.#present, "pg_wal");
    if (!existsSync(from)) return;
    for (const name of readdirSync(from)) {
      const to = join(this.#draft, "pg_wal", name);
      if (!/^[0-9A-F]{24}$/.test(name) || existsSync(join(this.#place.archive, name))) continue;
      copyFileSync(join(from, name), to);
      this.#own(to);
    }
  }

  async #untilRecovered(isDone: () => boolean): Promise<void> {
    const { logFile } = this.#place;
    const begin = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
    let files = 0;
    let advancedMs = performance.now();
    for (; !isDone(); await pausedFor(LOOK_MS)) {
      const text = readFileSync(logFile).subarray(begin).toString("latin1");
      const fetched = text.match(/restored log file "/g)?.length ?? 0;
      if (fetched > files) advancedMs = performance.now();
      if (Math.floor(fetched / TELL_LOG_FILES) > Math.floor(files / TELL_LOG_FILES))
        this.#tell(`  ${fetched} log files (16 MB each) are applied`);
      files = fetched;
      if (performance.now() - advancedMs > STALLED_MS)
        throw new DeadlineExceeded(`Postgres has applied nothing for ${STALLED_MS / 1000} s; see ${logFile}`);
    }
  }
}

/** As Postgres reads it before it knows any names of time zones. */
function timeText(moment: Date): string {
  return moment.toISOString().replace("T", " ").replace("Z", "+00");
}
