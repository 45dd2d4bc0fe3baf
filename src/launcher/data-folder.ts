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

/** Where the embedded servers live. One launcher at a time has it; it is closed to the machine's other users. */
export class DataFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Throws a ConfigurationError where it can't be written to or another launcher has it. */
  static open(path: string): DataFolder {
    try {
      mkdirSync(join(path, "logs"), { recursive: true, mode: 0o700 });
    } catch (cause) {
      const { message } = cause as Error;
      throw new ConfigurationError(`the data folder can't be used (${message}); set DATA_DIR to another`, { cause });
    }
    const folder = new DataFolder(realpathSync(path));
    folder.#lock();
    // Not before: another launcher may have let Postgres's account through.
    for (const closed of [folder.path, join(folder.path, "logs")]) chmodSync(closed, 0o700);
    return folder;
  }

  close(): void {
    rmSync(this.#lockFile, { force: true });
  }

  get #lockFile(): string {
    return join(this.path, "launcher.pid");
  }

  // Ids are used again: a number alone might be anybody's. Together with the time it started it is one process.
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
            "(and ORDER_HANDLER_PORT, NOTIFIER_PORT, ADMIN_PORT_BASE to other ports)",
        );
      rmSync(this.#lockFile, { force: true });
    }
    throw new ConfigurationError(`${this.path} is being taken by another launcher`);
  }

  /** The server's last port when it is free, else a new one, remembered: tools that are still connected find it again. */
  async portFor(server: EmbeddedServer): Promise<number> {
    const file = join(this.path, `${server}.port`);
    const remembered = Number(readIfThere(file));
    if (remembered > 0 && (await listenProblem(remembered)) === null) return remembered;
    const port = await freePort();
    writeFileSync(file, `${port}\n`);
    return port;
  }

  /** Root's Postgres runs as another account, which has to pass through; it may neither list nor change what is here. */
  letThrough(account: UnixAccount | undefined): void {
    if (account === undefined) return;
    chownSync(this.path, 0, account.gid);
    chmodSync(this.path, 0o710);
  }

  folderFor(server: EmbeddedServer): string {
    return join(this.path, server);
  }

  /** The server's log; a big one of earlier runs is put aside first, and the one before that forgotten. */
  logFor(server: EmbeddedServer): string {
    const file = join(this.path, "logs", `${server}.log`);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
    return file;
  }
}

/** Clock ticks from boot to the process's start, from /proc/<pid>/stat; 0 where there is no /proc. */
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
