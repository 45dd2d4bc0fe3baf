/** A whole pipeline of our own under load, every part of it at hand: what the faults are injected into. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEMO_ACCOUNTS, seedDemoAccounts } from "../../src/launcher/demo-accounts.js";
import { freePort } from "../../src/launcher/free-port.js";
import { prepareDatabase } from "../../src/launcher/migrations.js";
import { type Bus, connectBus } from "../../src/shared/bus/bus.js";
import { connectDatabase, type Database } from "../../src/shared/database/database.js";
import { type AssetRegistry, loadAssets } from "../../src/shared/domain/assets.js";
import { createLogger } from "../../src/shared/process/log.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { SERVICES, type ServiceName } from "../../src/shared/process/services.js";
import { waitFor } from "../../src/shared/process/waits.js";
import { execute } from "../../test/support/postgres.js";
import { PostgresPair } from "../../test/support/postgres-pair.js";
import { SESSION_ACCOUNTS, TIMER_ACCOUNTS } from "./careful-clients.js";
import { HeldPort } from "./held-port.js";
import { type Account, Load } from "./load.js";
import { MemoryWatch } from "./memory-watch.js";
import { COPIES, NatsCluster } from "./nats-cluster.js";
import { holderNames, untilInSnapshots } from "./resting-orders.js";
import { OwnServer } from "./servers.js";
import { ServiceProcess } from "./service-processes.js";
import { SmallDisk } from "./small-disk.js";
import { TcpProxy } from "./tcp-proxy.js";

export type ClusterKind = "together" | "divisible";

export interface WorldOptions {
  readonly ratePerSecond: number;
  readonly seed: number;
  /** The services reach both servers through proxies only. */
  readonly isProxied: boolean;
  /** In the books before anything else. */
  readonly restingOrders: number;
  /** Whose data lies on a disk that can be full. */
  readonly smallDisk?: "nats" | "postgres";
  /** Three nats-servers instead of one. */
  readonly cluster?: ClusterKind;
  /** A second Postgres follows the first one. */
  readonly hasStandby: boolean;
  /** The ports of order-handler and market-data-notifier stay open while their processes come and go. */
  readonly holdsPorts: boolean;
  /** Some whose orders go when they do; every look at everything then waits until they have gone. */
  readonly withCarefulClients: boolean;
  /** More for the environment of every service. */
  readonly settings: Readonly<Record<string, string>>;
}

interface Proxies {
  readonly nats: TcpProxy;
  readonly postgres: TcpProxy;
}

const ASSETS_FILE = join(projectRoot, "tools", "chaos", "assets.json");
const DATABASE = "bourse";
const FIRST = "1";
const STREAMS_DEADLINE_MS = 60_000;

export class World {
  readonly registry: AssetRegistry = loadAssets(ASSETS_FILE);
  readonly processes: ServiceProcess[] = [];
  readonly memory = new MemoryWatch(this.processes);
  readonly #folder: string;
  readonly #stops: (() => Promise<void> | void)[] = [];
  readonly #settings: Readonly<Record<string, string>>;
  #nats: OwnServer | null = null;
  #cluster: NatsCluster | null = null;
  #postgres: OwnServer | null = null;
  #pair: PostgresPair | null = null;
  #bus!: Bus;
  #database!: Database;
  #load!: Load;
  #proxies: Proxies | null = null;
  #smallDisk: SmallDisk | null = null;
  readonly #heldPorts = new Map<ServiceName, HeldPort>();
  #environment: NodeJS.ProcessEnv = {};

  private constructor(folder: string, settings: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#settings = settings;
  }

  /** Everything runs and is connected; the load has not begun. */
  static async create(options: WorldOptions): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "bourse-chaos-"));
    chmodSync(folder, 0o755); // as root, Postgres runs as somebody else
    const world = new World(folder, options.settings);
    try {
      await world.#startServers(options);
      await world.#startServices(options);
      await world.#startLoad(options);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  get assetsFile(): string {
    return ASSETS_FILE;
  }

  /** What the servers and services of this world keep. */
  get folder(): string {
    return this.#folder;
  }
  get nats(): OwnServer {
    if (this.#nats === null) throw new Error("this world has a cluster");
    return this.#nats;
  }
  get cluster(): NatsCluster {
    if (this.#cluster === null) throw new Error("this fault needs a world with a cluster (cluster)");
    return this.#cluster;
  }
  get #natsUrl(): string {
    return this.#cluster?.url ?? this.nats.url;
  }
  get postgres(): OwnServer {
    if (this.#postgres === null) throw new Error("this world has a pair");
    return this.#postgres;
  }
  get pair(): PostgresPair {
    if (this.#pair === null) throw new Error("this fault needs a world with a standby (hasStandby)");
    return this.#pair;
  }
  /** Straight to the server, as are the next two. */
  get bus(): Bus {
    return this.#bus;
  }
  get database(): Database {
    return this.#database;
  }
  get databaseUrl(): string {
    return this.#pair?.url(DATABASE) ?? this.postgres.url;
  }
  get load(): Load {
    return this.#load;
  }

  get proxies(): Proxies {
    if (this.#proxies === null) throw new Error("this fault needs a world with proxies (isProxied)");
    return this.#proxies;
  }

  get smallDisk(): SmallDisk {
    if (this.#smallDisk === null) throw new Error("this fault needs a world with a small disk (smallDisk)");
    return this.#smallDisk;
  }

  /** Where the server keeps its data. */
  folderOf(server: "nats" | "postgres"): string {
    return join(this.#folder, server);
  }

  /** The processes of a service, in the order of their start. */
  of(service: ServiceName): ServiceProcess[] {
    return this.processes.filter((process) => process.service === service);
  }

  /** The only process of a service, or the first of several. */
  process(service: ServiceName): ServiceProcess {
    return this.of(service)[0] as ServiceProcess;
  }

  /** One more process of the service; it may not be ready yet. */
  async add(service: ServiceName, instance: string): Promise<ServiceProcess> {
    const about = { service, instance, environment: this.#environment, folder: this.#folder };
    const process = await ServiceProcess.start({ ...about, heldPort: this.#heldPorts.get(service) ?? null });
    this.processes.push(process);
    return process;
  }

  /** Another process of the service, under another name, takes over from the only one. */
  async replace(service: ServiceName): Promise<void> {
    const old = this.process(service);
    const fresh = await this.add(service, old.instance === FIRST ? "2" : FIRST);
    await fresh.ready();
    await old.stopInOrder();
    this.processes.splice(this.processes.indexOf(old), 1);
  }

  /** For good. */
  async remove(process: ServiceProcess): Promise<void> {
    await process.stop();
    this.processes.splice(this.processes.indexOf(process), 1);
  }

  async close(): Promise<void> {
    this.memory.close();
    this.#load?.close();
    await Promise.all(this.processes.map((process) => process.stop()));
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) await stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startServers({ isProxied, smallDisk, cluster, hasStandby }: WorldOptions): Promise<void> {
    const log = createLogger("chaos", "silent");
    if (smallDisk !== undefined) {
      const disk = new SmallDisk(this.folderOf(smallDisk));
      this.#stops.push(() => disk.unmount());
      this.#smallDisk = disk;
    }
    this.#stops.push(() => Promise.all([this.#nats?.stop(), this.#cluster?.stop()]).then(() => undefined));
    if (cluster === undefined) this.#nats = await OwnServer.nats(this.#folder);
    else this.#cluster = await NatsCluster.start(this.folderOf("nats"), cluster === "divisible");
    this.#stops.push(() => Promise.all([this.#postgres?.stop(), this.#pair?.stop()]).then(() => undefined));
    if (hasStandby) {
      this.#pair = await PostgresPair.start(this.#folder);
      await execute(this.#pair.primary.adminUrl, `create database ${DATABASE}`);
    } else this.#postgres = await OwnServer.postgres(this.#folder);
    const options = { assetsFile: ASSETS_FILE, demoAccounts: "made" as const, keySeal: null, log };
    await prepareDatabase(this.databaseUrl, { ...options, createDatabase: !hasStandby });
    this.#bus = await connectBus(this.#natsUrl, { name: "chaos", log });
    this.#stops.push(() => this.#bus.close());
    const copies = this.#cluster === null ? 1 : COPIES;
    // A cluster has a leader after a while.
    await waitFor("the streams", { deadlineMs: STREAMS_DEADLINE_MS, everyMs: 200 }, () =>
      this.#bus.ensureStreams(copies).then(
        () => true as const,
        () => null,
      ),
    );
    this.#database = await connectDatabase(this.databaseUrl, { applicationName: "chaos", log });
    this.#stops.push(() => this.#database.close());
    if (!isProxied) return;
    const nats = await TcpProxy.open(this.nats.port);
    this.#stops.push(() => nats.close());
    const postgres = await TcpProxy.open(this.postgres.port);
    this.#stops.push(() => postgres.close());
    this.#proxies = { nats, postgres };
  }

  async #startServices({ holdsPorts }: WorldOptions): Promise<void> {
    const { NODE_ENV: _, NODE_OPTIONS: __, ...inherited } = process.env;
    const through = (url: string, proxy: TcpProxy) => {
      const reached = new URL(url);
      reached.port = String(proxy.port);
      return reached.href;
    };
    const proxies = this.#proxies;
    for (const service of holdsPorts ? (["order-handler", "market-data-notifier"] as const) : []) {
      const port = new HeldPort();
      this.#stops.push(() => port.close());
      this.#heldPorts.set(service, port);
    }
    const portOf = async (service: ServiceName) => this.#heldPorts.get(service)?.port ?? (await freePort());
    this.#environment = {
      ...inherited,
      NATS_URL: proxies === null ? this.#natsUrl : through(this.#natsUrl, proxies.nats),
      NATS_REPLICAS: String(this.#cluster === null ? 1 : COPIES),
      DATABASE_URL: proxies === null ? this.databaseUrl : through(this.databaseUrl, proxies.postgres),
      ASSETS_FILE,
      ORDER_HANDLER_PORT: String(await portOf("order-handler")),
      NOTIFIER_PORT: String(await portOf("market-data-notifier")),
      GATEWAY_PORT: String(await freePort()),
      GRPC_PORT: String(await freePort()),
      GATEWAY_RUST_EXCHANGE_WS_PORT: "0",
      BACK_OFFICE_PORT: String(await freePort()),
      LOG_LEVEL: "warn",
      TRIM_MARGIN_MESSAGES: "1000000000", // the oracle reads what was logged since it looked before
      ...this.#settings,
    };
    const [first, ...others] = SERVICES;
    for (const service of others) await this.add(service, FIRST);
    await Promise.all(this.processes.map((process) => process.ready()));
    await (await this.add(first, FIRST)).ready();
  }

  async #startLoad({ ratePerSecond, seed, restingOrders, withCarefulClients }: WorldOptions): Promise<void> {
    const holderAccounts = holderNames(restingOrders);
    const carefulAccounts = withCarefulClients ? [...SESSION_ACCOUNTS, ...TIMER_ACCOUNTS] : [];
    await seedDemoAccounts(this.#database, [...holderAccounts, ...carefulAccounts]);
    const named = (names: readonly string[]) =>
      this.#database.query<Account>(
        `select name, account_id as "accountId" from accounts where name = any($1) order by account_id`,
        [names],
      );
    const port = (name: string) => Number(this.#environment[name]);
    this.#load = await Load.create({
      ratePerSecond,
      seed,
      accounts: await named(DEMO_ACCOUNTS),
      holders: await named(holderAccounts),
      careful: await named(carefulAccounts),
      registry: this.registry,
      orderHandler: { host: "127.0.0.1", port: port("ORDER_HANDLER_PORT") },
      notifierUrl: `http://127.0.0.1:${port("NOTIFIER_PORT")}`,
    });
    await this.#load.placeRestingOrders(restingOrders);
    if (restingOrders > 0) await untilInSnapshots(this.#bus, this.registry);
  }
}
