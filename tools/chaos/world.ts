/** A whole pipeline of our own under load, every part of it at hand: what the faults are injected into. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../src/launcher/free-port.js";
import { prepareDatabase } from "../../src/launcher/migrations.js";
import { DEMO_ACCOUNTS, seedDemoAccounts } from "../../src/shared/api-keys.js";
import { type AssetRegistry, loadAssets } from "../../src/shared/assets.js";
import { type Bus, connectBus } from "../../src/shared/bus.js";
import { projectRoot, SERVICES, type ServiceName } from "../../src/shared/config.js";
import { connectDatabase, type Database } from "../../src/shared/database.js";
import { createLogger } from "../../src/shared/log.js";
import { type Account, Load } from "./load.js";
import { MemoryWatch } from "./memory-watch.js";
import { holderNames } from "./resting-orders.js";
import { OwnServer } from "./servers.js";
import { ServiceProcess } from "./service-processes.js";
import { TcpProxy } from "./tcp-proxy.js";

export interface WorldOptions {
  readonly ratePerSecond: number;
  readonly seed: number;
  /** The services reach both servers through proxies only. */
  readonly isProxied: boolean;
  /** In the books before anything else. */
  readonly restingOrders: number;
  /** More for the environment of every service. */
  readonly settings: Readonly<Record<string, string>>;
}

interface Proxies {
  readonly nats: TcpProxy;
  readonly postgres: TcpProxy;
}

const ASSETS_FILE = join(projectRoot, "tools", "chaos", "assets.json");
const FIRST = "1";

export class World {
  readonly registry: AssetRegistry = loadAssets(ASSETS_FILE);
  readonly processes: ServiceProcess[] = [];
  readonly memory = new MemoryWatch(this.processes);
  readonly #folder: string;
  readonly #stops: (() => Promise<void> | void)[] = [];
  readonly #settings: Readonly<Record<string, string>>;
  #nats!: OwnServer;
  #postgres!: OwnServer;
  #bus!: Bus;
  #database!: Database;
  #load!: Load;
  #proxies: Proxies | null = null;
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
      await world.#startServers(options.isProxied);
      await world.#startServices();
      await world.#startLoad(options);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  get nats(): OwnServer {
    return this.#nats;
  }
  get postgres(): OwnServer {
    return this.#postgres;
  }
  /** Straight to the server, as are the next two. */
  get bus(): Bus {
    return this.#bus;
  }
  get database(): Database {
    return this.#database;
  }
  get databaseUrl(): string {
    return this.#postgres.url;
  }
  get load(): Load {
    return this.#load;
  }

  get proxies(): Proxies {
    if (this.#proxies === null) throw new Error("this fault needs a world with proxies (isProxied)");
    return this.#proxies;
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
    const environment = this.#environment;
    const process = await ServiceProcess.start({ service, instance, environment, folder: this.#folder });
    this.processes.push(process);
    return process;
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

  async #startServers(isProxied: boolean): Promise<void> {
    const log = createLogger("chaos", "silent");
    this.#stops.push(() => this.#nats?.stop());
    this.#nats = await OwnServer.nats(this.#folder);
    this.#stops.push(() => this.#postgres?.stop());
    this.#postgres = await OwnServer.postgres(this.#folder);
    const options = { assetsFile: ASSETS_FILE, withDemoAccounts: true, createDatabase: true, log };
    await prepareDatabase(this.#postgres.url, options);
    this.#bus = await connectBus(this.#nats.url, { name: "chaos", log });
    this.#stops.push(() => this.#bus.close());
    await this.#bus.ensureStreams(1);
    this.#database = await connectDatabase(this.#postgres.url, { applicationName: "chaos", log });
    this.#stops.push(() => this.#database.close());
    if (!isProxied) return;
    const nats = await TcpProxy.open(this.#nats.port);
    this.#stops.push(() => nats.close());
    const postgres = await TcpProxy.open(this.#postgres.port);
    this.#stops.push(() => postgres.close());
    this.#proxies = { nats, postgres };
  }

  async #startServices(): Promise<void> {
    const { NODE_ENV: _, NODE_OPTIONS: __, ...inherited } = process.env;
    const through = (url: string, proxy: TcpProxy | undefined) => {
      const reached = new URL(url);
      if (proxy !== undefined) reached.port = String(proxy.port);
      return reached.href;
    };
    this.#environment = {
      ...inherited,
      NATS_URL: through(this.#nats.url, this.#proxies?.nats),
      DATABASE_URL: through(this.#postgres.url, this.#proxies?.postgres),
      ASSETS_FILE,
      ORDER_HANDLER_PORT: String(await freePort()),
      NOTIFIER_PORT: String(await freePort()),
      LOG_LEVEL: "warn",
      TRIM_MARGIN_MESSAGES: "1000000000", // the oracle reads what was logged since it looked before
      ...this.#settings,
    };
    const [first, ...others] = SERVICES;
    for (const service of others) await this.add(service, FIRST);
    await Promise.all(this.processes.map((process) => process.ready()));
    await (await this.add(first, FIRST)).ready();
  }

  async #startLoad({ ratePerSecond, seed, restingOrders }: WorldOptions): Promise<void> {
    const holderAccounts = holderNames(restingOrders);
    await seedDemoAccounts(this.#database, holderAccounts);
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
      registry: this.registry,
      orderHandler: { host: "127.0.0.1", port: port("ORDER_HANDLER_PORT") },
      notifierUrl: `http://127.0.0.1:${port("NOTIFIER_PORT")}`,
    });
    await this.#load.placeRestingOrders(restingOrders);
  }
}
