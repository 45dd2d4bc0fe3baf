/** Two servers of Postgres on this machine: a primary, and a standby whose word each commit waits for. */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { startPostgres } from "../../src/launcher/embedded-postgres.js";
import { freePort } from "../../src/launcher/free-port.js";
import type { GuardedProcess } from "../../src/launcher/guarded-process.js";
import { eventually } from "./eventually.js";
import { execute } from "./postgres.js";

/** One of the two. */
export interface Member {
  readonly folder: string;
  readonly port: number;
  adminUrl: string;
  process: GuardedProcess;
}

const SETTINGS = { wal_level: "replica", max_wal_senders: "10", wal_keep_size: "512MB" };
const STANDBY = "standby";
/** What the server makes anew, or gets from its primary (Postgres' manual, 25.3.4.1). */
const WITHOUT_CONTENT = ["pg_wal", "pg_replslot", "pg_stat_tmp", "pg_subtrans", "pg_notify"];

export class PostgresPair {
  primary: Member;
  standby: Member;
  readonly #ports: readonly number[];
  #isWhole = true;

  private constructor(primary: Member, standby: Member) {
    this.primary = primary;
    this.standby = standby;
    this.#ports = [primary.port, standby.port];
  }

  static async start(folder: string): Promise<PostgresPair> {
    const primary = await startMember(join(folder, "postgres-a"), await freePort());
    const standby = await follow(primary, join(folder, "postgres-b"), await freePort());
    return new PostgresPair(primary, standby);
  }

  /** Names both servers, always in the same order: the first primary first, so that one that is left is tried before. */
  url(database: string): string {
    const url = new URL(this.primary.adminUrl);
    const hosts = this.#ports.map((port) => `127.0.0.1:${port}`);
    return `postgres://${url.username}:${url.password}@${hosts.join(",")}/${database}?target_session_attrs=read-write`;
  }

  /** The standby was promoted, and nobody follows it yet. */
  promoted(): void {
    [this.primary, this.standby] = [this.standby, this.primary];
    this.#isWhole = false;
  }

  /** After a promotion makes what was the primary the standby. */
  async beWhole(): Promise<void> {
    if (this.#isWhole) return;
    const { primary, standby: old } = this;
    await old.process.kill();
    rmSync(join(old.folder, "cluster"), { recursive: true });
    this.standby = await follow(primary, old.folder, old.port);
    this.#isWhole = true;
  }

  async stop(): Promise<void> {
    await Promise.all([this.standby.process.kill(), this.primary.process.kill()]);
  }
}

export async function startMember(folder: string, port: number): Promise<Member> {
  const options = { folder, port, logFile: `${folder}.log`, isDurable: true, settings: SETTINGS };
  return { folder, port, ...(await startPostgres(options)) };
}

/** A standby that is in step, and that commits of the primary wait for. */
async function follow(primary: Member, folder: string, port: number): Promise<Member> {
  await copyCluster(primary, folder);
  const { username, password } = new URL(primary.adminUrl);
  const of = `host=127.0.0.1 port=${primary.port} user=${username} password=${password} application_name=${STANDBY}`;
  appendFileSync(join(folder, "cluster", "postgresql.auto.conf"), `\nprimary_conninfo = '${of}'\n`);
  const standby = await startMember(folder, port);
  await execute(primary.adminUrl, `alter system set synchronous_standby_names = '${STANDBY}'`);
  await execute(primary.adminUrl, "select pg_reload_conf()");
  await eventually("a standby in step", async () => {
    const [row] = await execute(primary.adminUrl, "select from pg_stat_replication where sync_state = 'sync'");
    return row ?? null;
  });
  return standby;
}

/** While the primary runs. */
async function copyCluster(primary: Member, folder: string): Promise<void> {
  const client = new pg.Client({ connectionString: primary.adminUrl });
  await client.connect();
  try {
    await client.query("select pg_backup_start('standby', true)");
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    // Files that are removed meanwhile are in the log, too.
    spawnSync("cp", ["-a", join(primary.folder, "cluster"), join(primary.folder, "password"), folder]);
    const { rows } = await client.query<{ labelfile: string }>("select labelfile from pg_backup_stop(false)");
    const cluster = join(folder, "cluster");
    writeFileSync(join(cluster, "backup_label"), rows[0]?.labelfile ?? "");
    writeFileSync(join(cluster, "standby.signal"), "");
    for (const file of ["postmaster.pid", "postmaster.opts"]) rmSync(join(cluster, file), { force: true });
    for (const name of WITHOUT_CONTENT)
      for (const file of readdirSync(join(cluster, name))) rmSync(join(cluster, name, file), { recursive: true });
    mkdirSync(join(cluster, "pg_wal", "archive_status"), { recursive: true });
    spawnSync("chown", ["-R", `--reference=${join(primary.folder, "cluster")}`, cluster]);
  } finally {
    await client.end();
  }
}
