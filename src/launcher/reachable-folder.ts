import { chownSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { UnixAccount } from "./guarded-process.js";
import { mayAccess } from "./postgres-account.js";

/** Root's place for files that Postgres's account must reach, if the project's folders are closed to others. */
export const ROOT_FOLDER = "/var/lib/bourse";

/**
 * The real path of the folder. If Postgres's unprivileged account can't reach it (root's projects often lie below /root, or
 * in a closed home folder), the folder becomes a link to one in ROOT_FOLDER.
 */
export function reachableFolder(folder: string, account: UnixAccount | undefined): string {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    if (!mayAccess(account, folder, "x")) {
      rmSync(folder, { recursive: true });
      mkdirSync(ROOT_FOLDER, { recursive: true, mode: 0o755 });
      // Each folder gets a new name, so that the data of one that was deleted does not come back.
      const home = mkdtempSync(join(ROOT_FOLDER, `${basename(dirname(folder)).replace(/^\.+/, "")}-`));
      chownSync(home, account?.uid ?? 0, account?.gid ?? 0);
      symlinkSync(home, folder);
    }
  }
  return realpathSync(folder);
}
