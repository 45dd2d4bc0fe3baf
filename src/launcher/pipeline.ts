import { join } from "node:path";
import type { Endpoints } from "../shared/process/endpoints.js";
import type { BotsState, LauncherAsk } from "../shared/process/launcher-asks.js";
import { createLogger } from "../shared/process/log.js";
import { BOTS, type ServiceName } from "../shared/process/services.js";
import { BotsSwitch } from "./bots-switch.js";
import type { LauncherConfig } from "./config.js";
import type { DataFolder } from "./data-folder.js";
import { findNatsBinary, startNats } from "./embedded-nats.js";
import { startPostgres } from "./embedded-postgres.js";
import type { GuardedProcess } from "./guarded-process.js";
import { logArchiveIn } from "./log-archive.js";
import { prepareDatabase } from "./migrations.js";
import type { NatsUser } from "./nats-users.js";
import { postgresAccount } from "./postgres-account.js";
import { reachableFolder } from "./reachable-folder.js";
import { adminUrl, furtherPlaces, servicePart, servicesOf, untilReady } from "./service-process.js";
import { SharedPort, takingPart } from "./shared-port.js";
import { type Part, Supervisor, type SupervisorEvents } from "./supervisor.js";

const DATABASE = "bourse";
const SERVER_STOP_DEADLINE_MS = 20_000;

/** Where orders come in. They start last, when all services that work on orders are there, and stop first. */
const DOORS: readonly ServiceName[] = ["order-handler", "gateway"];

/** The services behind the doors that share a process: a batch that passes through one process costs fewer wake-ups. */
function processesOf(config: LauncherConfig): readonly (readonly ServiceName[])[] {
  const behind = servicesOf(config).filter((name) => name !== BOTS && !DOORS.includes(name));
  if (config.processes === "apart") return behind.map((name) => [name]);
  const together: readonly (readonly ServiceName[])[] = [
    ["order-processing", "matching-engine", "trade-processing"],
    ["reconciliation", "back-office"], // they look, now and then
  ];
  const alone = behind.filter((name) => !together.flat().includes(name));
  return [...together, ...alone.map((name) => [name])];
}

/** A part of the pipeline did not start; the message names it and says why. */
export class StartFailed extends Error {
  override readonly name = "StartFailed";
}

export interface PipelineEvents extends SupervisorEvents {
  /** An operator wants everything to stop. */
  readonly onStopAsked: () => void;
}

/** The whole pipeline: starts both servers and then the services, and stops them in reverse. */
export class Pipeline {
  readonly #config: LauncherConfig;
  readonly #dataFolder: DataFolder;
  readonly #events: PipelineEvents;
  readonly #servers: Supervisor[] = [];
  readonly #services = new Map<ServiceName, Supervisor>();
  /** The notifier's processes beside the first one. */
  readonly #furtherNotifiers: Supervisor[] = [];
  /** Null: there is one notifier, which opens its port by itself. */
  readonly #notifierPort: SharedPort | null;
  readonly #bots: BotsSwitch;
  #urls = { natsUrl: "", databaseUrl: "" };
  /** The embedded server's URL for a user; null: the server is configured, with one user for all. */
  #natsUrlOf: ((user: NatsUser) => string) | null = null;

  constructor(config: LauncherConfig, dataFolder: DataFolder, events: PipelineEvents) {
    this.#config = config;
    this.#dataFolder = dataFolder;
    this.#events = events;
    this.#notifierPort = config.notifierProcesses > 1 ? new SharedPort() : null;
    this.#bots = new BotsSwitch({
      adminUrl: adminUrl(config, BOTS),
      isRunning: () => this.#services.has(BOTS),
      start: () => this.#startBots(),
      stop: () => this.#stopBots(),
    });
  }

  /** Starts everything. Rejects with StartFailed; the caller must then `stop` the parts that run. */
  async start(): Promise<void> {
    const [natsUrl, databaseUrl] = await Promise.all([
      this.#config.natsUrl ?? this.#startNats(),
      this.#config.databaseUrl ?? this.#startPostgres(),
    ]);
    this.#urls = { natsUrl, databaseUrl };
    await this.#step("the database's tables", () => this.#prepareDatabase(this.#config.bots));
    await Promise.all([
      ...processesOf(this.#config).map((services) => this.#startServices(services)),
      ...furtherPlaces(this.#config).map((place) => this.#startServices(["market-data-notifier"], place)),
    ]);
    await this.#step("the notifiers' port", () => this.#openNotifierPort());
    await Promise.all(DOORS.map((door) => this.#startServices([door])));
    if (this.#config.bots) await this.#startServices([BOTS]);
  }

  /** Stops the services in the direction of an order, so that each has received everything before; then the servers. */
  async stop(): Promise<void> {
    await this.#bots.turn("off"); // they cancel their orders while there is somebody to tell
    this.#notifierPort?.close();
    await Promise.all(DOORS.map((door) => this.#services.get(door)?.stop()));
    for (const service of servicesOf(this.#config)) await this.#services.get(service)?.stop();
    await Promise.all(this.#furtherNotifiers.map((notifier) => notifier.stop()));
    await Promise.all(this.#servers.map((server) => server.stop()));
  }

  endpoints(): Endpoints {
    const { notifier, gateway, backOffice, grpcPort, rustExchangeWsPort } = this.#config;
    const { host, port, tls } = this.#config.orderHandler;
    const isTls = tls !== null;
    const scheme = isTls ? "https" : "http";
    return {
      ...this.#urls,
      orderHandler: { host, port, ...(isTls && { tls: true }) },
      notifierUrl: `${scheme}://${notifier.host}:${notifier.port}`,
      gatewayUrl: `${scheme}://${gateway.host}:${gateway.port}`,
      grpc: { host: gateway.host, port: grpcPort },
      ...(rustExchangeWsPort !== 0 && {
        rustExchangeWsUrl: `${isTls ? "wss" : "ws"}://${gateway.host}:${rustExchangeWsPort}`,
      }),
      backOfficeUrl: `${scheme}://${backOffice.host}:${backOffice.port}`,
      services: [
        ...this.#names().map((name) => this.#endpointOf(name, this.#services.get(name))),
        ...this.#furtherNotifiers.map((part, at) => this.#endpointOf("market-data-notifier", part, at + 1)),
      ],
    };
  }

  #names(): ServiceName[] {
    const usual = servicesOf(this.#config).filter((name) => name !== BOTS);
    return this.#services.has(BOTS) ? [...usual, BOTS] : usual;
  }

  #endpointOf(name: ServiceName, part: Supervisor | undefined, place = 0): Endpoints["services"][number] {
    return { name, pid: part?.running?.pid ?? 0, adminUrl: adminUrl(this.#config, name, place) };
  }

  async #openNotifierPort(): Promise<void> {
    const { host, port } = this.#config.notifier;
    await this.#notifierPort?.open(port, host);
  }

  async #startNats(): Promise<string> {
    const port = await this.#dataFolder.portFor("nats");
    let url = "";
    await this.#startServer("nats", async () => {
      const nats = await startNats({
        folder: this.#dataFolder.folderFor("nats"),
        port,
        logFile: this.#dataFolder.logFor("nats"),
        binary: findNatsBinary(this.#config.natsBinary, this.#config.searchPath),
        admits: "users",
      });
      url = nats.url;
      this.#natsUrlOf = nats.urlOf;
      return nats.process;
    });
    return url;
  }

  async #startPostgres(): Promise<string> {
    const port = await this.#dataFolder.portFor("postgres");
    const account = postgresAccount(join(this.#dataFolder.folderFor("postgres"), "cluster"));
    this.#dataFolder.letThrough(account);
    const archive = logArchiveIn(reachableFolder(this.#config.backupFolder, account));
    let url = "";
    await this.#startServer("postgres", async () => {
      const postgres = await startPostgres({
        folder: this.#dataFolder.folderFor("postgres"),
        port,
        logFile: this.#dataFolder.logFor("postgres"),
        isDurable: true,
        archive,
      });
      url = new URL(`/${DATABASE}`, postgres.adminUrl).href;
      return postgres.process;
    });
    return url;
  }

  async #startServer(name: string, start: () => Promise<GuardedProcess>): Promise<void> {
    const part: Part = {
      name,
      async start() {
        const { pid, exited, stop } = await start();
        return { pid, exited, stop: () => stop(SERVER_STOP_DEADLINE_MS) };
      },
    };
    const server = new Supervisor(part, this.#events);
    this.#servers.push(server);
    await this.#step(name, () => server.start());
    server.keepRunning();
  }

  #prepareDatabase(withBots: boolean): Promise<void> {
    const { assetsFile, demoAccounts, playMoney, keySeal, databaseUrl, logLevel } = this.#config;
    return prepareDatabase(this.#urls.databaseUrl, {
      assetsFile,
      demoAccounts,
      withBots,
      playMoney,
      keySeal,
      createDatabase: databaseUrl === null,
      log: createLogger("launcher", logLevel),
    });
  }

  /** `place`: which of several processes of the service. */
  async #startServices(names: readonly ServiceName[], place = 0): Promise<void> {
    const { natsUrl, databaseUrl } = this.#urls;
    const natsUrlOf = this.#natsUrlOf ?? (() => natsUrl);
    const port = names.includes("market-data-notifier") ? this.#notifierPort : null;
    const onAsk = (what: LauncherAsk) => this.#answer(what);
    const settings = { config: this.#config, dataFolder: this.#dataFolder.path, natsUrlOf, databaseUrl, onAsk };
    const ofOne = servicePart(names, { ...settings, place: port === null ? null : place });
    const part = new Supervisor(port === null ? ofOne : takingPart(ofOne, port, place), this.#events);
    if (place > 0) this.#furtherNotifiers[place - 1] = part;
    else for (const name of names) this.#services.set(name, part);
    await this.#step(part.name, async () => {
      const running = await part.start();
      for (const name of names) {
        const waitingFor = await untilReady(running, adminUrl(this.#config, name, place));
        if (waitingFor !== null) this.#events.tell(`${name} waits: ${waitingFor}`);
      }
    });
    part.keepRunning();
  }

  async #startBots(): Promise<void> {
    if (!this.#config.bots) await this.#prepareDatabase(true); // they have accounts then
    try {
      await this.#startServices([BOTS]);
    } catch (error) {
      await this.#stopBots();
      throw error;
    }
    this.#events.onRestart();
  }

  async #stopBots(): Promise<void> {
    await this.#services.get(BOTS)?.stop();
    this.#services.delete(BOTS);
    this.#events.onRestart();
  }

  /** What a service asks for. */
  async #answer(what: LauncherAsk): Promise<BotsState> {
    if (what === "stop") this.#events.onStopAsked();
    if (what === "start bots") return await this.#bots.turn("on");
    if (what === "stop bots") return await this.#bots.turn("off");
    return this.#bots.state;
  }

  async #step(name: string, start: () => Promise<unknown>): Promise<void> {
    this.#events.tell(`starting ${name} …`);
    try {
      await start();
    } catch (cause) {
      throw new StartFailed(`${name} did not start: ${(cause as Error).message}`, { cause });
    }
  }
}
