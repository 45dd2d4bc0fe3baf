import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { ConfigurationError } from "../shared/domain/errors.js";
import type { UnixAccount } from "./guarded-process.js";

// Accounts that run Postgres for root, which it refuses to run as. Practically every system has one; the first is taken.
const UNPRIVILEGED = ["postgres", "nobody", "daemon"];

/**
 * The account that runs Postgres. Undefined: the account of this process, unless that is root; for root, the owner of the
 * cluster, or for a new one an account without privileges.
 */
export function postgresAccount(cluster: string): UnixAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(cluster)) {
    const { uid, gid } = statSync(cluster);
    if (uid !== 0) return { uid, gid };
  }
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of UNPRIVILEGED) {
    const user = users.find(([account]) => account === name);
    if (user !== undefined) return { uid: Number(user[2]), gid: Number(user[3]) };
  }
  throw new ConfigurationError(
    `Postgres does not run as root, and there is no account ${UNPRIVILEGED.join(", ")} to run it as: ` +
      "start as an ordinary user, or set DATABASE_URL to a running server",
  );
}

/** Asks the system whether the account may read, write or enter the path (`test -r`, `-w`, `-x`). */
export function mayAccess(account: UnixAccount | undefined, path: string, mode: "r" | "w" | "x"): boolean {
  const { status, error } = spawnSync("/bin/sh", ["-c", 'test "-$1" "$2"', "sh", mode, path], { ...account, cwd: "/" });
  if (error !== undefined)
    throw new ConfigurationError(
      `Postgres does not run as root, and this system does not let us become user ${account?.uid}: ` +
        "start as an ordinary user, or set DATABASE_URL to a running server",
      { cause: error },
    );
  return status === 0;
}
