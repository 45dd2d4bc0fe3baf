/** What goes wrong with backups: their disk is full. */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Backup } from "../../src/backup/catalog.js";
import { SmallDisk } from "../../tools/chaos/small-disk.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import type { AlertCauses } from "./alert-causes.js";
import type { Surroundings } from "./metrics-scene.js";

const DAY_AND_MORE_MS = 27 * 3_600_000;

/** A disk of its own for BACKUP_DIR. */
export class BackupDisk implements Surroundings {
  #folder = "";
  #disk: SmallDisk | null = null;

  start(): NodeJS.ProcessEnv {
    this.#folder = join(temporaryFolder(), "backups");
    this.#disk = new SmallDisk(this.#folder);
    return { BACKUP_DIR: this.#folder };
  }

  stop(): void {
    this.#disk?.unmount();
  }

  /** A backup of yesterday is there; then the disk gets full, and today's fails. */
  async fill(causes: AlertCauses): Promise<void> {
    this.#makeOldBackup(causes);
    this.#disk?.fill();
    causes.atEnd(() => this.#disk?.free());
    expect(causes.bourse.backup().code).to.equal(1);
    const client = await causes.databaseClient();
    await client.query("select pg_logical_emit_message(true, 'test', 'a file of the log that is to be archived')");
    await client.query("select pg_switch_wal()");
  }

  /** It is made now, and then says that it was made before. */
  #makeOldBackup(causes: AlertCauses): void {
    const { code, output } = causes.bourse.backup("--json");
    expect(code, output).to.equal(0);
    const made = JSON.parse(output) as Backup;
    const before = (time: string) => new Date(Date.parse(time) - DAY_AND_MORE_MS).toISOString();
    const startedAt = before(made.startedAt);
    const id = startedAt.replaceAll(":", "-");
    const old: Backup = { ...made, id, startedAt, finishedAt: before(made.finishedAt) };
    renameSync(join(this.#folder, made.id), join(this.#folder, id));
    writeFileSync(join(this.#folder, id, "backup.json"), JSON.stringify(old));
  }
}
