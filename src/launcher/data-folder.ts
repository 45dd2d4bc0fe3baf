import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "../shared/domain/errors.js";
import { freePort, listenProblem } from "./free-port.js";
import type { UnixAccount } from "./guarded-process.js";
import { isAlive } from "./leftovers.js";

const LOG_BYTES_MAX = 16 * 1024 * 1024;
const LOCK_ATTEMPTS_MAX = 3;

type EmbeddedServer = "nats" | "postgres";

/** The folder of the embedded servers. One launcher at a time has it, and other users of the machine can't read it. */
export class DataFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Throws a ConfigurationError if the folder can't be written to, or another launcher has it. */
  static open(path: string): DataFolder {
    try {
      mkdirSync(join(path, "logs"), { recursive: true, mode: 0o700 });
    } catch (cause) {
      const { message } = cause as Error;
      throw new ConfigurationError(`the data folder can't be used (${message}); set DATA_DIR to another`, { cause });
    }
    const folder = new DataFolder(realpathSync(path));
    folder.#lock();
    // Closed only once it is locked: another launcher may have let Postgres's account through.
    for (const closed of [folder.path, join(folder.path, "logs")]) chmodSync(closed, 0o700);
    return folder;
  }

  /** While a way back in time is under way nothing else may start: the servers are at different moments. */
  beginRestore(what: string): void {
    writeFileSync(this.#restoreFile, `${what}\n`, { mode: 0o600, flush: true });
  }

  endRestore(): void {
    rmSync(this.#restoreFile, { force: true });
  }

  /** Throws a ConfigurationError if one was begun and not ended. */
  assertNoRestore(): void {
    const what = readIfThere(this.#restoreFile).trim();
    if (what !== "")
      throw new ConfigurationError(
        `a restore was begun and not ended: run it again (npm run restore -- --to ${what}), or with another moment`,
      );
  }

  get #restoreFile(): string {
    return join(this.path, "restore-under-way");
  }

  close(): void {
    rmSync(this.#lockFile, { force: true });
  }

  get #lockFile(): string {
    return join(this.path, "launcher.pid");
  }

  // Process ids are used again: only the id together with the start time names one process.
  #lock(): void {
    const me = `${process.pid} ${startOf(process.pid)}\n`;
    for (let attempt = 0; attempt < LOCK_ATTEMPTS_MAX; attempt++) {
      try {
        writeFileSync(this.#lockFile, me, { flag: "wx" });
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const [pid = 0, start] = readFileSync(this.#lockFile, "utf8").trim().split(" ").map(Number);
      if (isAlive(pid) && startOf(pid) === start)
        throw new ConfigurationError(
          `${this.path} is in use by the launcher with process id ${pid}: stop that one, or set DATA_DIR to another folder ` +
            "(and ORDER_HANDLER_PORT, NOTIFIER_PORT, GATEWAY_PORT, GRPC_PORT, BACK_OFFICE_PORT, ADMIN_PORT_BASE to other ports)",
        );
      rmSync(this.#lockFile, { force: true });
    }
    throw new ConfigurationError(`${this.path} is being taken by another launcher`);
  }

  /** The server's last port if it is free, else a new one. It is remembered, so that connected tools find the server again. */
  async portFor(server: EmbeddedServer): Promise<number> {
    const file = join(this.path, `${server}.port`);
    const remembered = Number(readIfThere(file));
    if (remembered > 0 && (await listenProblem(remembered)) === null) return remembered;
    const port = await freePort();
    writeFileSync(file, `${port}\n`);
    return port;
  }

  /** Lets the account that runs Postgres for root pass through the folder, without listing or changing it. */
  letThrough(account: UnixAccount | undefined): void {
    if (account === undefined) return;
    chownSync(this.path, 0, account.gid);
    chmodSync(this.path, 0o710);
  }

  folderFor(server: EmbeddedServer): string {
    return join(this.path, server);
  }

  /** The server's log file. A big one of earlier runs is renamed first, in place of the one renamed before. */
  logFor(server: EmbeddedServer): string {
    const file = join(this.path, "logs", `${server}.log`);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
    return file;
  }
}

/** When the process started, in clock ticks since boot, from /proc/<pid>/stat; 0 where there is no /proc. */
function startOf(pid: number): number {
  const fields = readIfThere(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
  return Number(fields[19] ?? 0);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
