/** `npm run restore`: Postgres to a moment, and the streams after it, of a pipeline that is stopped. */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { DataFolder } from "../launcher/data-folder.js";
import { findNatsBinary, startNats } from "../launcher/embedded-nats.js";
import type { EmbeddedPostgres } from "../launcher/embedded-postgres.js";
import { stopLeftoverServices } from "../launcher/leftovers.js";
import { logArchiveIn } from "../launcher/log-archive.js";
import { postgresAccount } from "../launcher/postgres-account.js";
import { connectBus } from "../shared/bus/bus.js";
import { hasCreatedAssets, takeUpCreatedAssets } from "../shared/database/created-assets.js";
import { connectDatabase, type Database } from "../shared/database/database.js";
import { ConfigurationError } from "../shared/domain/errors.js";
import { nowEpochMs } from "../shared/process/clock.js";
import type { Logger } from "../shared/process/log.js";
import { type Backup, type BaseBackup, Catalog } from "./catalog.js";
import type { Tell } from "./cluster-copy.js";
import type { BackupConfig } from "./config.js";
import { ClusterWayBack, type Target } from "./recovery.js";
import { resetStreams, type ToReplay } from "./stream-reset.js";
import { ancestorsIn, leadsTo, timelineAt } from "./timelines.js";
import { makeAgain, NOTHING_UNDONE, type Undone, undoneAfter } from "./undone-actions.js";

export interface Restored {
  readonly backup: string;
  /** The last commit that is there. */
  readonly moment: Date;
  readonly replayed: readonly ToReplay[];
  /** Where the cluster is that was there before; null: there was none. */
  readonly before: string | null;
}

export interface RestoreOptions {
  /** Null: the latest. */
  readonly to: Date | null;
  readonly tell: Tell;
  readonly log: Logger;
}

type WithCluster = Backup & { readonly cluster: BaseBackup };

const STOP_DEADLINE_MS = 60_000;
const DATABASE = "/bourse";

export async function restore(config: BackupConfig, options: RestoreOptions): Promise<Restored> {
  const { databaseUrl, backupFolder } = config;
  if (databaseUrl !== null)
    throw new ConfigurationError(
      "DATABASE_URL names a Postgres of your own: go back with your own tool, then npm run restore -- --streams --to …",
    );
  const catalog = catalogOf(backupFolder);
  const dataFolder = DataFolder.open(config.dataFolder);
  try {
    await stopLeftoverServices(dataFolder.path);
    return await new RestoreRun(config, catalog, dataFolder, options).run();
  } finally {
    dataFolder.close();
  }
}

export function catalogOf(folder: string): Catalog {
  try {
    return new Catalog(realpathSync(folder));
  } catch (cause) {
    throw new ConfigurationError(`there are no backups in ${folder}: npm run backup makes one; or set BACKUP_DIR`, {
      cause,
    });
  }
}

/** The newest backup that leads to the moment. Throws a ConfigurationError that says how far back one can go. */
export function chooseBackup<B extends Backup>(
  backups: readonly B[],
  to: Date | null,
  leads: (backup: B) => boolean,
): B {
  const usable = backups.filter(leads);
  const chosen = usable.findLast(({ finishedAt }) => to === null || Date.parse(finishedAt) <= to.getTime());
  if (chosen !== undefined) return chosen;
  const oldest = usable[0]?.finishedAt;
  throw new ConfigurationError(
    oldest === undefined
      ? "there is no backup that leads to that moment: npm run backup -- --list"
      : `no backup is as old as that: the earliest moment is ${oldest}`,
  );
}

class RestoreRun {
  readonly #config: BackupConfig;
  readonly #catalog: Catalog;
  readonly #dataFolder: DataFolder;
  readonly #to: Date | null;
  readonly #tell: Tell;
  readonly #log: Logger;
  readonly #archive: string;

  constructor(config: BackupConfig, catalog: Catalog, dataFolder: DataFolder, { to, tell, log }: RestoreOptions) {
    this.#config = config;
    this.#catalog = catalog;
    this.#dataFolder = dataFolder;
    this.#to = to;
    this.#tell = tell;
    this.#log = log;
    this.#archive = logArchiveIn(catalog.folder);
  }

  async run(): Promise<Restored> {
    const backups = this.#catalog.list();
    const { timeline, backup } = this.#choose(backups);
    const folder = this.#config.postgresFolder;
    this.#dataFolder.letThrough(postgresAccount(join(folder, "cluster")));
    const [port, logFile] = [await this.#dataFolder.portFor("postgres"), this.#dataFolder.logFor("postgres")];
    const way = new ClusterWayBack({ folder, port, logFile, archive: this.#archive }, this.#tell);
    this.#dataFolder.beginRestore(this.#to?.toISOString() ?? "latest");
    const undone = await this.#settlePresent(way);
    const at = new Date(nowEpochMs()).toISOString();

    this.#tell(`going back from the backup ${backup.id}`);
    const target: Target = { timeline, moment: this.#to };
    const server = await way.recover(this.#catalog.folderOf(backup), backup.cluster, target);
    try {
      const restored = await this.#followUp(server, { backup, backups, undone });
      await server.process.stop(STOP_DEADLINE_MS);
      const before = way.changePlaces();
      const moment = restored.moment.toISOString();
      this.#catalog.addWayBack({
        at,
        to: this.#to === null ? moment : this.#to.toISOString(),
        timeline: restored.timeline,
      });
      this.#dataFolder.endRestore();
      return { backup: backup.id, moment: restored.moment, replayed: restored.replayed, before };
    } finally {
      await server.process.stop(STOP_DEADLINE_MS);
    }
  }

  #choose(backups: readonly Backup[]): { readonly timeline: number | "latest"; readonly backup: WithCluster } {
    const known = timelineAt(this.#catalog.waysBack(), this.#to?.getTime() ?? nowEpochMs());
    const withCluster = backups.filter((backup): backup is WithCluster => backup.cluster !== null);
    const hasGoneBack = this.#catalog.waysBack().length > 0;
    const timeline = known ?? (hasGoneBack ? (withCluster[0]?.cluster.timeline ?? 1) : "latest");
    const leads = ({ cluster }: WithCluster) =>
      timeline === "latest" || leadsTo(cluster, timeline, ancestorsIn(this.#catalog.history(timeline, this.#archive)));
    return { timeline, backup: chooseBackup(withCluster, this.#to, leads) };
  }

  /** Archives the present cluster's log to its end, which is a commit after the moment: Postgres looks for one. */
  async #settlePresent(way: ClusterWayBack): Promise<Undone> {
    const server = await way.startPresent();
    if (server === null) return NOTHING_UNDONE;
    this.#tell("archiving what the present Postgres has");
    try {
      const database = await this.#connect(server);
      const undone = this.#to === null ? NOTHING_UNDONE : await undoneAfter(database, this.#to);
      await database.query("select pg_current_xact_id()");
      await database.close();
      return undone;
    } finally {
      await way.stopPresent(server);
    }
  }

  async #followUp(
    server: EmbeddedPostgres,
    {
      backup,
      backups,
      undone,
    }: { readonly backup: Backup; readonly backups: readonly Backup[]; readonly undone: Undone },
  ) {
    const nats = await this.#startNats();
    const database = await this.#connect(server);
    const bus = await connectBus(nats.url, { name: "restore", log: this.#log });
    try {
      await bus.ensureStreams(this.#config.natsReplicas);
      const backupFolder = this.#catalog.folderOf(backup);
      const { registry } = this.#config;
      if (await hasCreatedAssets(database)) await takeUpCreatedAssets(database, registry, this.#log);
      const assets = [...new Set([...registry.assets.keys(), ...undone.markets.map(({ asset }) => asset)])];
      const replayed = await resetStreams(bus, database, { backup, backupFolder, backups, assets }, this.#tell);
      const moment = (await lastCommit(database)) ?? new Date(backup.finishedAt);
      await makeAgain(database, undone, this.#catalog.folder, this.#tell);
      return { replayed, moment, timeline: await timelineOf(database) };
    } finally {
      await bus.close();
      await database.close();
      await nats.stop();
    }
  }

  #connect(server: EmbeddedPostgres): Promise<Database> {
    const url = new URL(DATABASE, server.adminUrl).href;
    return connectDatabase(url, { applicationName: "restore", log: this.#log });
  }

  async #startNats(): Promise<{ readonly url: string; stop(): Promise<void> }> {
    const { natsUrl, natsBinary, searchPath } = this.#config;
    if (natsUrl !== null) return { url: natsUrl, stop: async () => undefined };
    const server = await startNats({
      folder: this.#dataFolder.folderFor("nats"),
      port: await this.#dataFolder.portFor("nats"),
      logFile: this.#dataFolder.logFor("nats"),
      binary: findNatsBinary(natsBinary, searchPath),
      admits: "users",
    });
    return { url: server.url, stop: () => server.process.stop(STOP_DEADLINE_MS) };
  }
}

/** The last commit that was recovered; null: there was none after the backup. */
async function lastCommit(database: Pick<Database, "query">): Promise<Date | null> {
  const [row] = await database.query<{ at: Date | null }>("select timestamp as at from pg_last_committed_xact()");
  return row?.at ?? null;
}

async function timelineOf(database: Pick<Database, "query">): Promise<number> {
  const [row] = await database.query<{ timeline: string }>(
    "select left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline",
  );
  return Number.parseInt(row?.timeline ?? "1", 16);
}
