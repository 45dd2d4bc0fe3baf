import { spawnSync } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { BASE_BACKUP_TIMEOUT_MS, openArchive, takeBaseBackup } from "../../../src/backup/base-backup.js";
import type { BaseBackup } from "../../../src/backup/catalog.js";
import { ClusterWayBack } from "../../../src/backup/recovery.js";
import { startPostgres } from "../../../src/launcher/embedded-postgres.js";
import { freePort } from "../../../src/launcher/free-port.js";
import { postgresAccount } from "../../../src/launcher/postgres-account.js";
import { reachableFolder } from "../../../src/launcher/reachable-folder.js";
import { openSession } from "../../../src/shared/database/session.js";
import { until } from "../../support/eventually.js";
import { stopAfterFile } from "../../support/hooks.js";
import { execute } from "../../support/postgres.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const CANNOT_CONNECT_NOW = "57P03";
const READ_AHEAD =
  "select count(pg_logical_emit_message(false, 'junk', repeat('x', 20000))) from generate_series(1, 100)";
const quiet = () => undefined;

describe("the way back of Postgres", function () {
  this.timeout(120_000);
  const home = temporaryFolder();
  const [folder, backup, logFile] = [join(home, "postgres"), join(home, "backup"), join(home, "postgres.log")];
  let archive: string;
  let port: number;
  let adminUrl: string;
  let base: BaseBackup;
  /** The last whole file of the log. */
  let lastFile: string;

  before(async () => {
    port = await freePort();
    archive = join(reachableFolder(join(home, "backups"), postgresAccount(folder)), "log");
    const server = await startPostgres({ folder, port, logFile, isDurable: true, archive });
    stopAfterFile(() => server.process.kill());
    adminUrl = server.adminUrl;
    await execute(adminUrl, "create table told (word text)");
    const session = await openSession(adminUrl, "backup", BASE_BACKUP_TIMEOUT_MS);
    const cluster = join(folder, "cluster");
    await openArchive(session, archive, cluster);
    mkdirSync(backup);
    base = await takeBaseBackup(session, { cluster, backup, logFolder: archive }, quiet);
    await session.close();
    // Postgres reads ahead: only what is further away than this has not been asked for when the backup's own log is applied.
    await execute(adminUrl, READ_AHEAD);
    await execute(adminUrl, "select pg_switch_wal()");
    await execute(adminUrl, "insert into told values ('late')");
    const [row] = await execute(adminUrl, "select pg_walfile_name(pg_current_wal_lsn()) as file");
    lastFile = String(row?.["file"]);
    await execute(adminUrl, "select pg_switch_wal()");
    await server.process.stop(60_000);
  });

  it("has come to its end when it is used, however long the last of the log takes to come", async () => {
    const file = join(archive, lastFile);
    renameSync(file, `${file}.kept`);
    spawnSync("mkfifo", ["-m", "644", file]);
    const way = new ClusterWayBack({ folder, port, logFile, archive }, quiet);
    const recovery = way.recover(backup, base, { timeline: "latest", moment: null });
    const isConsistent = () => readFileSync(logFile, "latin1").includes("consistent recovery state reached");
    await until("all that the backup needs to be applied", isConsistent);
    // Opened once Postgres asks for the file.
    const late = createWriteStream(file);
    await new Promise((resolve, reject) => late.once("open", resolve).once("error", reject));
    const early = await execute(adminUrl, "select pg_is_in_recovery()").catch((error: { code: string }) => error.code);
    late.end(readFileSync(`${file}.kept`));
    const server = await recovery;
    stopAfterFile(() => server.process.kill());
    expect(early).to.equal(CANNOT_CONNECT_NOW);
    const rows = await execute(adminUrl, "select pg_is_in_recovery() as recovers, word from told");
    expect(rows).to.deep.equal([{ recovers: false, word: "late" }]);
  });
});
