/** Reads the state of a pipeline: each service's readiness and metrics, the positions in Postgres, leases, events and streams in NATS. */
import { connectBus } from "../bus/bus.js";
import { readStreamUsage } from "../bus/stream-metrics.js";
import type { StreamUsage } from "../bus/stream-usage.js";
import { assetOf, subjectOf } from "../bus/subjects.js";
import { connectDatabase } from "../database/database.js";
import { type Holder, holderOf, LEASES_OF_ASSETS } from "../leases/lease-keys.js";
import { nowEpochMs } from "../process/clock.js";
import type { Logger } from "../process/log.js";
import { beforeDeadline } from "../process/waits.js";
import { decodeExecutionRows } from "../wire/pipeline-codec.js";
import type { Places } from "./places.js";
import { figuresIn, type ServiceFigures } from "./service-figures.js";

/** The reading of a part that does not answer; `silent` says why. */
export interface Silent {
  readonly silent: string;
}

export interface ServiceReading {
  readonly name: string;
  readonly adminUrl: string;
  /** Why it is not ready; empty: it is ready. */
  readonly waitingFor: readonly string[] | Silent;
  /** Of its metrics; null: it does not answer. */
  readonly figures: ServiceFigures | null;
}

/** An asset's state in Postgres. Commands are given by number, from 1 on. */
export interface AssetReading {
  readonly asset: string;
  readonly state: string;
  readonly why: string | null;
  /** The last command that is stored. */
  readonly logged: number;
  /** The last command that is settled. */
  readonly settled: number;
  /** The last command that reconciliation has verified. */
  readonly reconciled: number;
}

export interface NatsReading {
  /** By asset, the last command whose events are published. */
  readonly matched: Readonly<Record<string, number>>;
  readonly holders: readonly Holder[];
  readonly deadLetters: number;
  readonly streams: readonly StreamUsage[];
}

/** What reconciliation has found. */
interface Difference {
  readonly seenAtMs: number;
  readonly isResolved: boolean;
  readonly what: string;
}

export interface StatusReadings {
  readonly atMs: number;
  readonly services: readonly ServiceReading[];
  readonly assets: readonly AssetReading[] | Silent;
  readonly nats: NatsReading | Silent;
  /** The last ones, newest first; none where Postgres is silent. */
  readonly differences: readonly Difference[];
}

const ANSWER_DEADLINE_MS = 3_000;
const DIFFERENCES_SHOWN = 3;

export function isSilent(reading: unknown): reading is Silent {
  return typeof reading === "object" && reading !== null && "silent" in reading;
}

/** Reads all parts at once, as this user of NATS. A part that does not answer in time is `Silent`, and holds up no other. */
export async function readStatus(places: Places, log: Logger, reader = "operator"): Promise<StatusReadings> {
  const [services, stored, nats] = await Promise.all([
    Promise.all(places.admins.map(readService)),
    answered(readPostgres(places.databaseUrl, log)),
    answered(readNats(places.natsUrl, log, reader)),
  ]);
  const atMs = nowEpochMs();
  if (isSilent(stored)) return { atMs, services, assets: stored, nats, differences: [] };
  return { atMs, services, nats, ...stored };
}

async function readService({ name, adminUrl }: Places["admins"][number]): Promise<ServiceReading> {
  const ask = (path: string) => fetch(`${adminUrl}${path}`, { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) });
  const [waitingFor, figures] = await Promise.all([
    answered(ask("/readyz").then(async (answer) => ((await answer.json()) as { waitingFor: string[] }).waitingFor)),
    answered(ask("/metrics").then(async (answer) => figuresIn(await answer.text()))),
  ]);
  return { name, adminUrl, waitingFor, figures: isSilent(figures) ? null : figures };
}

async function readPostgres(
  databaseUrl: string,
  log: Logger,
): Promise<Pick<StatusReadings, "differences"> & { assets: AssetReading[] }> {
  const database = await connectDatabase(databaseUrl, { applicationName: "operator", log }, ANSWER_DEADLINE_MS);
  try {
    const assets = await database.query<AssetReading>(
      `select asset, coalesce(s.state, 'open') as state, s.why,
         coalesce((select command_sequence from consumer_positions p
                   where p.asset = a.asset and p.service = 'order-processing'), 0) as logged,
         coalesce((select command_sequence from consumer_positions p
                   where p.asset = a.asset and p.service = 'trade-processing'), 0) as settled,
         coalesce((select settled_command_sequence from reconciled_assets r where r.asset = a.asset), 0) as reconciled
       from assets a left join asset_states s using (asset) order by asset`,
    );
    const differences = await database.query<Difference>(
      `select (extract(epoch from first_seen_at) * 1000)::bigint as "seenAtMs", resolved_at is not null as "isResolved",
         format('%s.%s of %s is %s, expected is %s', table_name, column_name, key, found, expected) as what
       from reconciliation_differences order by difference_id desc limit ${DIFFERENCES_SHOWN}`,
    );
    return { assets, differences };
  } finally {
    await database.close();
  }
}

export async function readNats(natsUrl: string, log: Logger, name = "operator"): Promise<NatsReading> {
  const bus = await connectBus(natsUrl, { name, log }, ANSWER_DEADLINE_MS);
  try {
    const matched: Record<string, number> = {};
    for (const subject of (await bus.subjectCounts("EXECUTIONS", subjectOf("EXECUTIONS", "*"))).keys()) {
      const last = await bus.lastMessage("EXECUTIONS", subject);
      if (last !== null) matched[assetOf(subject)] = decodeExecutionRows(last.data).throughCommand;
    }
    const holders: Holder[] = [];
    for (const subject of (await bus.subjectCounts("KV_leases", LEASES_OF_ASSETS)).keys()) {
      const lease = await bus.lastMessage("KV_leases", subject);
      if (lease !== null) holders.push(holderOf(lease));
    }
    const letters = await bus.subjectCounts("DEAD_LETTERS", subjectOf("DEAD_LETTERS", "*"));
    const deadLetters = [...letters.values()].reduce((sum, count) => sum + count, 0);
    return { matched, holders, deadLetters, streams: await readStreamUsage(bus) };
  } finally {
    await bus.close();
  }
}

async function answered<T>(reading: Promise<T>): Promise<T | Silent> {
  try {
    return await beforeDeadline(reading, 2 * ANSWER_DEADLINE_MS);
  } catch (error) {
    return { silent: (error as Error).message };
  }
}
