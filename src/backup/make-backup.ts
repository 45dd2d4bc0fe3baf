/** `npm run backup`: the engines' books, then Postgres, of a pipeline that runs; and what ORDERS are to keep for it. */
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { logArchiveIn } from "../launcher/log-archive.js";
import { postgresAccount } from "../launcher/postgres-account.js";
import { reachableFolder } from "../launcher/reachable-folder.js";
import { type Bus, connectBus } from "../shared/bus/bus.js";
import { type OrdersForBackup, putOrdersForBackups, readTrimmed } from "../shared/bus/orders-for-backups.js";
import { takeUpCreatedAssets } from "../shared/database/created-assets.js";
import { openSession, type Session } from "../shared/database/session.js";
import { ConfigurationError } from "../shared/domain/errors.js";
import { serversToLookAt } from "../shared/process/endpoints.js";
import type { Logger } from "../shared/process/log.js";
import { BASE_BACKUP_TIMEOUT_MS, openArchive, takeBaseBackup } from "./base-backup.js";
import { type Backup, Catalog, type EngineState } from "./catalog.js";
import { megabytes, type Tell } from "./cluster-copy.js";
import type { BackupConfig } from "./config.js";
import { keepEngineState } from "./engine-states.js";

const LOCK = "bourse backup";

interface Position {
  readonly service: string;
  readonly asset: string;
  readonly message: number;
  readonly command: number;
}

/** Of a running pipeline; `keep`: prunes those that are older than so many. Returns the new one. */
export async function makeBackup(
  config: BackupConfig,
  { keep, tell, log }: { readonly keep: number | null; readonly tell: Tell; readonly log: Logger },
): Promise<Backup> {
  const { natsUrl, databaseUrl } = serversToLookAt();
  const session = await openSession(databaseUrl, "backup", BASE_BACKUP_TIMEOUT_MS);
  try {
    const [lock] = await session.query<{ taken: boolean }>("select pg_try_advisory_lock(hashtext($1)) as taken", [
      LOCK,
    ]);
    if (lock?.taken !== true) throw new ConfigurationError("another backup is being made: wait until it is done");
    const bus = await connectBus(natsUrl, { name: "backup", log });
    try {
      await takeUpCreatedAssets(session, config.registry, log);
      return await new BackupRun(config, session, bus, tell).run(keep);
    } finally {
      await bus.close();
    }
  } finally {
    await session.close();
  }
}

class BackupRun {
  readonly #config: BackupConfig;
  readonly #session: Session;
  readonly #bus: Bus;
  readonly #tell: Tell;
  readonly #catalog: Catalog;

  constructor(config: BackupConfig, session: Session, bus: Bus, tell: Tell) {
    this.#config = config;
    this.#session = session;
    this.#bus = bus;
    this.#tell = tell;
    const account = postgresAccount(join(config.postgresFolder, "cluster"));
    this.#catalog = new Catalog(reachableFolder(config.backupFolder, account));
  }

  async run(keep: number | null): Promise<Backup> {
    const startedAt = await this.#now();
    const id = startedAt.replaceAll(":", "-");
    const logFolder = logArchiveIn(this.#catalog.folder);
    const cluster = await this.#ownCluster();
    if (cluster !== null) await openArchive(this.#session, logFolder, cluster);
    const folder = this.#catalog.draftFolder(id);
    mkdirSync(folder, { mode: 0o700 });
    const { processed, settled } = await this.#positions();
    const whole = this.#catalog.list().map(placeOf);
    // It needs ORDERS from now on, and is none before it is whole: one that fails must not look like the newest one.
    const begun = { madeAtMs: whole.at(-1)?.madeAtMs ?? null, processed };
    await putOrdersForBackups(this.#bus, ordersFor([...whole, begun]));
    await this.#assertNotTrimmed(processed);
    this.#tell("keeping the engines' books");
    const engines: EngineState[] = [];
    for (const terms of this.#config.registry.assets.values()) {
      const state = await keepEngineState(this.#bus, terms, settled[terms.asset] ?? 0, folder);
      if (state !== null) engines.push(state);
    }
    const base =
      cluster === null ? null : await takeBaseBackup(this.#session, { cluster, backup: folder, logFolder }, this.#tell);
    const backup: Backup = {
      version: 1,
      id,
      startedAt,
      finishedAt: await this.#now(),
      cluster: base,
      processed,
      engines,
    };
    this.#catalog.add(backup);
    if (keep !== null)
      for (const gone of this.#catalog.prune(keep, logFolder)) this.#tell(`removed the backup ${gone.id}`);
    await putOrdersForBackups(this.#bus, ordersFor(this.#catalog.list().map(placeOf)));
    return backup;
  }

  /** The cluster that the session is connected to, if it is the embedded one; null: it is somebody's own. */
  async #ownCluster(): Promise<string | null> {
    const folder = this.#config.postgresFolder;
    if (!existsSync(join(folder, "cluster"))) return null;
    const cluster = realpathSync(join(folder, "cluster"));
    const [row] = await this.#session.query<{ folder: string }>("select current_setting('data_directory') as folder");
    return row !== undefined && existsSync(row.folder) && realpathSync(row.folder) === cluster ? cluster : null;
  }

  /** By Postgres' clock, the next whole millisecond. */
  async #now(): Promise<string> {
    const [row] = await this.#session.query<{ now: Date }>("select clock_timestamp() as now");
    return new Date((row?.now.getTime() ?? 0) + 1).toISOString();
  }

  async #positions(): Promise<Record<"processed" | "settled", Record<string, number>>> {
    const rows = await this.#session.query<Position>(
      "select service, asset, stream_sequence as message, command_sequence as command from consumer_positions",
    );
    const of = (service: string, value: (row: Position) => number) =>
      Object.fromEntries(rows.filter((row) => row.service === service).map((row) => [row.asset, value(row)]));
    return {
      processed: of("order-processing", ({ message }) => message),
      settled: of("trade-processing", ({ command }) => command),
    };
  }

  /** The trimmer may have passed us while we told it what to keep. */
  async #assertNotTrimmed(processed: Readonly<Record<string, number>>): Promise<void> {
    for (const [asset, through] of Object.entries(processed))
      if ((await readTrimmed(this.#bus, asset)) > through + 1)
        throw new Error(`ORDERS of ${asset} were trimmed while the backup began: make it again`);
  }
}

function placeOf({ startedAt, processed }: Backup): OrdersForBackup {
  return { madeAtMs: Date.parse(startedAt), processed };
}

export function ordersFor(places: readonly OrdersForBackup[]) {
  const [oldest, newest] = [places[0], places.at(-1)];
  return oldest === undefined || newest === undefined ? null : { oldest, newest };
}

export const ordersForAll = (backups: readonly Backup[]) => ordersFor(backups.map(placeOf));

export function backupText({ id, finishedAt, cluster, engines }: Backup): string {
  const size = cluster === null ? "of a Postgres of your own" : megabytes(cluster.bytes);
  return `${id}  ${size}, ${engines.length} engines, reaches back to ${finishedAt}`;
}
