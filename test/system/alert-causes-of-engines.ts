/** What goes wrong with engines: with their snapshots, and with their copies. */
import { connect, type JetStreamManager } from "nats";
import { ServiceProcess } from "../../tools/chaos/service-processes.js";
import { eventually, until } from "../support/eventually.js";
import type { AlertCauses } from "./alert-causes.js";

/** An engine's first snapshot comes after a minute. */
const SNAPSHOT_WITHIN_MS = 120_000;
const FOLLOWS_WITHIN_MS = 30_000;
const PAUSED_MS = 600_000;
/** In a process's metrics. */
const FOLLOWED = /^bourse_standby_lag_seconds\{asset="([^"]+)"/m;

/** The room for snapshots is used up, while commands come: few, or they would wait where settlement stands still meanwhile. */
export async function fullOfSnapshots(causes: AlertCauses, asset: string): Promise<void> {
  await causes.orders(asset, 0.2);
  const bus = await causes.connectBus();
  const hasOne = async () => (await bus.subjectCounts("SNAPSHOTS", `snapshots.${asset}.*`)).size > 0;
  await until(`a snapshot of ${asset}`, hasOne, SNAPSHOT_WITHIN_MS);
  const { streams } = await jetStreamManager(causes);
  const { config, state } = await streams.info("SNAPSHOTS");
  await streams.update("SNAPSHOTS", { max_bytes: state.bytes });
  causes.atEnd(async () => void (await streams.update("SNAPSHOTS", { max_bytes: config.max_bytes })));
}

/** A second engine, whose copy of an asset's engine is told of no commands any more: somebody has paused its consumer. */
export async function starvedCopy(causes: AlertCauses): Promise<void> {
  const second = await secondEngine(causes);
  const followed = async () => FOLLOWED.exec(await second.metrics())?.[1] ?? null;
  const asset = await eventually("an asset that is followed", followed, FOLLOWS_WITHIN_MS);
  // The engine itself, in one process with order-processing, is handed commands there as long as they come often: it needs no consumer.
  await causes.orders(asset, 10);
  const { consumers } = await jetStreamManager(causes);
  const consumer = await eventually("the copy's consumer alone", async () => {
    const all = await consumers.list("COMMANDS").next();
    const [one, ...others] = all.filter(({ config }) => config.filter_subject === `commands.${asset}`);
    return others.length === 0 ? one : null;
  });
  await consumers.pause("COMMANDS", consumer.name, new Date(Date.now() + PAUSED_MS));
}

/** Beside the pipeline's own, and looked at as that is. */
async function secondEngine(causes: AlertCauses): Promise<ServiceProcess> {
  const { dataFolder: folder, endpoints } = causes.bourse;
  const { NODE_ENV: _, ...inherited } = process.env;
  const environment = { ...inherited, NATS_URL: endpoints.natsUrl, DATABASE_URL: endpoints.databaseUrl };
  const options = { service: "matching-engine", instance: "engine-2", environment, folder, heldPort: null } as const;
  const second = await ServiceProcess.start(options);
  causes.atEnd(() => second.stop());
  await second.ready();
  const { adminUrl } = second;
  causes.listServices((listed) => [...listed, { name: "matching-engine", pid: 0, adminUrl }]);
  causes.atEnd(() => causes.listServices((listed) => listed.filter((one) => one.adminUrl !== adminUrl)));
  return second;
}

async function jetStreamManager(causes: AlertCauses): Promise<JetStreamManager> {
  const { host, username: user, password: pass } = new URL(causes.bourse.endpoints.natsUrl);
  const connection = await connect({ servers: host, user, pass });
  causes.atEnd(() => connection.close());
  return await connection.jetstreamManager();
}
