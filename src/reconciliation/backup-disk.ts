/** Shows how full the disk is that Postgres's log is archived to, once it is: when that is full, Postgres' own one is next. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Metrics } from "../shared/process/metrics.js";

/** What the folder of backups has as soon as there is one. */
const ARCHIVE = "log";

export function reportBackupDisk(metrics: Metrics, backupFolder: string): void {
  const fill = metrics.gauge(
    "backup_disk_fill_ratio",
    "How full the disk of backups is; 1: Postgres' log can't be archived",
  );
  metrics.onScrape(async () => {
    fill.remove();
    if (!existsSync(join(backupFolder, ARCHIVE))) return;
    const { blocks, bavail, bfree } = await statfs(backupFolder);
    // Of what is free, a part may be root's own: it counts as taken, as in df.
    const taken = blocks - bfree;
    fill.set(taken / (taken + bavail));
  });
}
