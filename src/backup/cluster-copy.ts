/** Copies the files of a cluster, whether its server writes to them meanwhile or not, and checks each copy by reading it back. */
import { createHash } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { UnixAccount } from "../launcher/guarded-process.js";
import { ConfigurationError } from "../shared/domain/errors.js";
import { assertIntact, type BaseBackup, sha256, syncFolder, writeSynced } from "./catalog.js";

/** What a server makes anew (Postgres' manual, 25.3.4.1): its log, its process ids, and what lives as long as it runs. */
const WITHOUT_CONTENT = /^(pg_wal|pg_dynshmem|pg_notify|pg_replslot|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)$/;
const LEFT_OUT =
  /(^|\/)(postmaster\.(pid|opts)|recovery\.signal|standby\.signal|pg_internal\.init[^/]*|pgsql_tmp[^/]*)$/;
/** Read last, as Postgres' own tool does. */
const CONTROL = "global/pg_control";
/** Folders within those without content that a server does not make by itself. */
const FOLDERS = ["pg_wal/archive_status"];
const CHUNK_BYTES = 1024 * 1024;
/** The disk syncs those that wait at the same time as one. */
const AT_ONCE = 32;
const TELL_BYTES = 256 * 1024 * 1024;
const LIST = "files";

interface CopiedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export type Tell = (line: string) => void;

/** Copies a cluster into the backup's folder, whole and on disk, with the list of its files. */
export async function copyCluster(
  cluster: string,
  backup: string,
  tell: Tell,
): Promise<Pick<BaseBackup, "bytes" | "folders" | "filesSha256">> {
  const to = join(backup, "cluster");
  const { folders, files } = contentsOf(cluster);
  for (const folder of ["", ...folders]) mkdirSync(join(to, folder), { mode: 0o700 });
  const copied: CopiedFile[] = [];
  const progress = new Progress(tell, "copied");
  const copy = async (path: string) => {
    const file = await copyFile(join(cluster, path), join(to, path), "synced");
    if (file === null) return; // removed meanwhile; what became of it is in the log
    copied.push({ path, ...file });
    progress.add(file.bytes);
  };
  await several(
    files.filter((file) => file !== CONTROL),
    copy,
  );
  await copy(CONTROL);
  for (const { path, sha256 } of copied)
    if ((await readThrough(join(to, path), null))?.sha256 !== sha256)
      throw new Error(`${join(to, path)} was read back otherwise than it was written: is the disk sound?`);
  for (const folder of ["", ...folders]) syncFolder(join(to, folder));
  return { bytes: progress.bytes, folders, filesSha256: writeList(backup, copied) };
}

/** Adds a file that the server gave, to those of the backup. */
export function addFile(backup: string, path: string, content: string): string {
  writeSynced(join(backup, "cluster", path), content);
  syncFolder(join(backup, "cluster"));
  const file = { path, bytes: Buffer.byteLength(content), sha256: sha256(content) };
  return writeList(backup, [...readList(backup), file]);
}

/** Lays a backup out as a cluster that its server's account can start; throws a ConfigurationError where a file is not intact. */
export async function layOut(
  backup: string,
  base: BaseBackup,
  { cluster, account }: { readonly cluster: string; readonly account: UnixAccount | undefined },
  tell: Tell,
): Promise<void> {
  const own = (path: string) => account !== undefined && chownSync(path, account.uid, account.gid);
  const list = join(backup, LIST);
  assertIntact(list, readFileSync(list), base.filesSha256);
  for (const folder of ["", ...base.folders, ...FOLDERS]) {
    if (existsSync(join(cluster, folder))) continue;
    mkdirSync(join(cluster, folder), { mode: 0o700 });
    own(join(cluster, folder));
  }
  const progress = new Progress(tell, `laid out, of ${megabytes(base.bytes)}`);
  for (const { path, sha256 } of readList(backup)) {
    // Postgres syncs all of it before it recovers.
    const copied = await copyFile(join(backup, "cluster", path), join(cluster, path), "cached");
    if (copied?.sha256 !== sha256)
      throw new ConfigurationError(`${join(backup, "cluster", path)} is not what was backed up: take another backup`);
    own(join(cluster, path));
    progress.add(copied.bytes);
  }
}

function contentsOf(cluster: string): { readonly folders: string[]; readonly files: string[] } {
  const folders: string[] = [];
  const files: string[] = [];
  const look = (folder: string) => {
    for (const entry of readdirSync(join(cluster, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (LEFT_OUT.test(path)) continue;
      if (entry.isSymbolicLink())
        throw new ConfigurationError(`${path} is a link: tablespaces can't be backed up here`);
      if (entry.isFile()) files.push(path);
      if (!entry.isDirectory()) continue;
      folders.push(path);
      if (!WITHOUT_CONTENT.test(path)) look(path);
    }
  };
  look("");
  return { folders, files };
}

async function several<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Null: it is not there any more. */
async function copyFile(from: string, to: string, how: "synced" | "cached"): Promise<Omit<CopiedFile, "path"> | null> {
  const target = await open(to, "w", 0o600);
  const copied = await readThrough(from, target)
    .then(async (read) => {
      if (how === "synced") await target.sync();
      return read;
    })
    .finally(() => target.close());
  if (copied === null) rmSync(to);
  return copied;
}

/** Reads a file to its end, which may move meanwhile, and writes what it read. */
async function readThrough(file: string, target: FileHandle | null): Promise<Omit<CopiedFile, "path"> | null> {
  const source = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (source === null) return null;
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let bytes = 0;
  try {
    for (;;) {
      const { bytesRead } = await source.read(buffer, 0, CHUNK_BYTES, bytes);
      if (bytesRead === 0) return { bytes, sha256: hash.digest("hex") };
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      await target?.write(chunk, 0, bytesRead, bytes);
      bytes += bytesRead;
    }
  } finally {
    await source.close();
  }
}

function writeList(backup: string, files: readonly CopiedFile[]): string {
  const text = files.map(({ path, bytes, sha256 }) => `${sha256} ${bytes} ${path}\n`).join("");
  writeSynced(join(backup, LIST), text);
  return sha256(text);
}

function readList(backup: string): CopiedFile[] {
  const lines = readFileSync(join(backup, LIST), "utf8").matchAll(/^(\w+) (\d+) (.+)$/gm);
  return [...lines].map(([, sha256 = "", bytes, path = ""]) => ({ path, bytes: Number(bytes), sha256 }));
}

class Progress {
  bytes = 0;
  readonly #tell: Tell;
  readonly #what: string;
  #toldBytes = 0;

  constructor(tell: Tell, what: string) {
    this.#tell = tell;
    this.#what = what;
  }

  add(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes - this.#toldBytes < TELL_BYTES) return;
    this.#toldBytes = this.bytes;
    this.#tell(`  ${megabytes(this.bytes)} ${this.#what}`);
  }
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024).toLocaleString("en")} MB`;
}
