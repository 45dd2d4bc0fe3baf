/**
 * The folder of backups: one folder for each, `log` with the archive of Postgres's log, and a list of the ways back that were
 * gone. A backup is whole as soon as it has its own name: it is made under another one.
 *
 *   2026-11-29T21-50-00.123Z/   backup.json, files (checksum, bytes and path of each), cluster/…, password, engines/…
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "../shared/domain/errors.js";
import { type GoneBack, historyFile } from "./timelines.js";

/** One engine's book, as its newest snapshot had it when everything that it stands for was settled. */
export interface EngineState {
  readonly asset: string;
  readonly commandSequence: number;
  readonly eventSequence: number;
  readonly tradeId: number;
  readonly rulesVersion: number;
  readonly takenAtMs: number;
  readonly sha256: string;
}

export interface Backup {
  readonly version: 1;
  readonly id: string;
  readonly startedAt: string;
  /** By Postgres's clock: no earlier moment can be gone back to from here. */
  readonly finishedAt: string;
  /** What Postgres's files are; null: of a Postgres of one's own, which somebody else copies. */
  readonly cluster: BaseBackup | null;
  /** By asset, the last message of ORDERS that was processed before. */
  readonly processed: Readonly<Record<string, number>>;
  readonly engines: readonly EngineState[];
}

export interface BaseBackup {
  readonly timeline: number;
  /** The first file of the log that recovery needs, and the place in the log from which on it is whole. */
  readonly firstLogFile: string;
  readonly endsAt: string;
  readonly bytes: number;
  /** All folders, empty ones too. */
  readonly folders: readonly string[];
  /** Of the list of files. */
  readonly filesSha256: string;
}

const MANIFEST = "backup.json";
const WAYS_BACK = "restores.json";
const ID = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/;
const DRAFT = ".part";
/** Of a log file's name: timeline, then the place. */
const LOG_FILE = /^[0-9A-F]{8}([0-9A-F]{16})(\.partial|\.[0-9A-F]{8}\.backup)?$/;

export class Catalog {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The oldest first. */
  list(): Backup[] {
    if (!existsSync(this.folder)) return [];
    const ids = readdirSync(this.folder).filter((name) => ID.test(name));
    return ids.sort().map((id) => JSON.parse(readFileSync(join(this.folder, id, MANIFEST), "utf8")) as Backup);
  }

  folderOf({ id }: Pick<Backup, "id">): string {
    return join(this.folder, id);
  }

  /** Where one that is being made lies; what an earlier one left there that was broken off is gone. */
  draftFolder(id: string): string {
    for (const name of readdirSync(this.folder))
      if (name.endsWith(DRAFT)) rmSync(join(this.folder, name), { recursive: true, force: true });
    return join(this.folder, `${id}${DRAFT}`);
  }

  /** From now on it is one of the list. */
  add(backup: Backup): void {
    const draft = join(this.folder, `${backup.id}${DRAFT}`);
    writeSynced(join(draft, MANIFEST), `${JSON.stringify(backup, null, 2)}\n`);
    syncFolder(draft);
    renameSync(draft, this.folderOf(backup));
    syncFolder(this.folder);
  }

  /** Keeps the newest ones, and of the log what they need; returns what is gone. */
  prune(keep: number, logFolder: string): Backup[] {
    const all = this.list();
    const gone = all.slice(0, Math.max(0, all.length - keep));
    for (const backup of gone) {
      // Under the other name first: what is broken off is no backup.
      const draft = join(this.folder, `${backup.id}${DRAFT}`);
      renameSync(this.folderOf(backup), draft);
      rmSync(draft, { recursive: true, force: true });
    }
    const needed = all
      .slice(gone.length)
      .flatMap(({ cluster }) => (cluster === null ? [] : placeOf(cluster.firstLogFile)));
    const first = needed.sort()[0];
    if (first === undefined || !existsSync(logFolder)) return gone;
    for (const name of readdirSync(logFolder))
      if (LOG_FILE.test(name) && placeOf(name) < first) rmSync(join(logFolder, name), { force: true });
    return gone;
  }

  waysBack(): GoneBack[] {
    const file = join(this.folder, WAYS_BACK);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as GoneBack[]) : [];
  }

  addWayBack(goneBack: GoneBack): void {
    const file = join(this.folder, WAYS_BACK);
    writeSynced(`${file}.new`, `${JSON.stringify([...this.waysBack(), goneBack], null, 2)}\n`);
    renameSync(`${file}.new`, file);
    syncFolder(this.folder);
  }

  /** The history of a timeline; empty: it is the first. */
  history(timeline: number, logFolder: string): string {
    const file = join(logFolder, historyFile(timeline));
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }
}

/** Without the timeline, which a way back changes. */
function placeOf(logFile: string): string {
  return logFile.slice(8, 24);
}

export function writeSynced(file: string, data: string | Uint8Array): void {
  writeFileSync(file, data, { mode: 0o600, flush: true });
}

export function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  fsyncSync(handle);
  closeSync(handle);
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Throws a ConfigurationError where they are not what was written. */
export function assertIntact(file: string, bytes: Uint8Array, expected: string): void {
  if (sha256(bytes) !== expected)
    throw new ConfigurationError(`${file} is not what was backed up: take another backup (npm run backup -- --list)`);
}
