/** What goes wrong with servers: with their data, and with those that follow them. */
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { connectBus } from "../../src/shared/bus/bus.js";
import { COPIES, NatsCluster } from "../../tools/chaos/nats-cluster.js";
import { until } from "../support/eventually.js";
import { execute } from "../support/postgres.js";
import { PostgresPair } from "../support/postgres-pair.js";
import { serviceForTest } from "../support/service.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import type { AlertCauses } from "./alert-causes.js";
import type { Surroundings } from "./metrics-scene.js";

/** A cluster has a leader after a while. */
const LEADER_WITHIN_MS = 30_000;
/** More than a standby may have to apply: 256 MiB. */
const LOG_MEGABYTES = 300;

/** nats-server comes back without its data, while orders come. */
export async function lostStreams(causes: AlertCauses): Promise<void> {
  await causes.orders("SOL-USDC", 5);
  await causes.processed("SOL-USDC");
  const { bourse } = causes;
  const data = join(bourse.dataFolder, "nats", "jetstream");
  const comeBack = (change: () => void) => {
    process.kill(bourse.pidOf("nats"), "SIGSTOP");
    change();
    return bourse.killAndWaitForNext("nats");
  };
  causes.atEnd(() =>
    comeBack(() => {
      rmSync(data, { recursive: true, force: true });
      renameSync(`${data}.kept`, data);
    }),
  );
  await comeBack(() => renameSync(data, `${data}.kept`));
}

/** Three nats-servers, and two of Postgres, instead of the embedded ones. */
export class OwnServers implements Surroundings {
  #cluster!: NatsCluster;
  #pair!: PostgresPair;

  async start(): Promise<NodeJS.ProcessEnv> {
    const folder = temporaryFolder();
    this.#cluster = await NatsCluster.start(join(folder, "nats"), false);
    this.#pair = await PostgresPair.start(folder);
    await execute(this.#pair.primary.adminUrl, "create database bourse");
    const bus = await connectBus(this.#cluster.url, { name: "test", log: serviceForTest("test").log });
    const areMade = () =>
      bus.ensureStreams(COPIES).then(
        () => true,
        () => false,
      );
    await until("the streams", areMade, LEADER_WITHIN_MS);
    await bus.close();
    const { url } = this.#cluster;
    return { NATS_URL: url, NATS_REPLICAS: String(COPIES), DATABASE_URL: this.#pair.url("bourse") };
  }

  async stop(): Promise<void> {
    await Promise.all([this.#cluster?.stop(), this.#pair?.stop()]);
  }

  /** One of the three is gone. */
  async killNats(causes: AlertCauses): Promise<void> {
    const { name } = this.#cluster.members.at(-1) as NatsCluster["members"][number];
    await this.#cluster.kill(name);
    causes.atEnd(() => this.#cluster.startAgain(name));
  }

  /** The standby gets the primary's log, and applies nothing of it: somebody has paused it. */
  async pauseStandby(causes: AlertCauses): Promise<void> {
    const { primary, standby } = this.#pair;
    await execute(standby.adminUrl, "select pg_wal_replay_pause()");
    causes.atEnd(async () => void (await execute(standby.adminUrl, "select pg_wal_replay_resume()")));
    const write =
      "select count(pg_logical_emit_message(false, 'test', repeat('x', 1048576))) from generate_series(1, $1)";
    await execute(primary.adminUrl, write, [LOG_MEGABYTES]);
  }
}
