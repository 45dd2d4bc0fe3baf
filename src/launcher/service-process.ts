import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { hostname } from "node:os";
import { join } from "node:path";
import { CONNECTION, TAKES_CONNECTIONS } from "../shared/process/handed-connections.js";
import { askIn, type BotsState, type LauncherAsk } from "../shared/process/launcher-asks.js";
import { projectRoot } from "../shared/process/project-root.js";
import type { Readiness } from "../shared/process/readiness.js";
import { BESIDE, BOTS, placeOf, SERVICES, type ServiceName, TRACE_EXPORT } from "../shared/process/services.js";
import { beforeDeadline, waitFor } from "../shared/process/waits.js";
import { type LauncherConfig, SERVICE_STOP_DEADLINE_MS } from "./config.js";
import type { NatsUser } from "./nats-users.js";
import type { Part, RunningPart } from "./supervisor.js";

const READY_DEADLINE_MS = 60_000; // a service may have a long stream to replay
const PROBE_TIMEOUT_MS = 2000;

export interface ServiceSettings {
  readonly config: LauncherConfig;
  readonly dataFolder: string;
  readonly natsUrlOf: (user: NatsUser) => string;
  readonly databaseUrl: string;
  /** Of several processes of a service that share its port, which one this is: 0, 1, …; null: it opens its port by itself. */
  readonly place?: number | null;
  /** What its services may ask for (shared/process/launcher-asks.ts). */
  readonly onAsk?: (what: LauncherAsk) => Promise<BotsState>;
}

/** `place` as in ServiceSettings; the ports of the second process and later ones come after those of all services. */
export function adminUrl(config: LauncherConfig, service: ServiceName, place = 0): string {
  return `http://${config.adminHost}:${adminPort(config, service, place)}`;
}

export function adminPort(config: LauncherConfig, service: ServiceName, place = 0): number {
  const others = BESIDE.some((name) => name === service) ? config.notifierProcesses - 1 : 0;
  return config.adminPortBase + others + (place === 0 ? placeOf(service) : SERVICES.length + place - 1);
}

/** Those that are started, in the order of the pipeline. */
export function servicesOf({
  collectorUrl,
  bots,
}: Pick<LauncherConfig, "collectorUrl" | "bots">): readonly ServiceName[] {
  const isWanted = { [TRACE_EXPORT]: collectorUrl !== null, [BOTS]: bots };
  return [...SERVICES, ...BESIDE.filter((name) => isWanted[name])];
}

/** The places of the notifier's processes beside the first one. */
export function furtherPlaces({ notifierProcesses }: Pick<LauncherConfig, "notifierProcesses">): number[] {
  return Array.from({ length: notifierProcesses - 1 }, (_, at) => at + 1);
}

/** The file that runs the service. */
export function mainFile(service: ServiceName): string {
  return join(projectRoot, "dist", service, "main.js");
}

const togetherFile = join(projectRoot, "dist", "launcher", "together.js");

/**
 * Services as a process, in a process group of its own, so that Ctrl-C reaches the launcher alone; it ends by itself when
 * its channel to the launcher closes. Its arguments name the data folder, for people and for the next launcher.
 */
export function servicePart(services: readonly ServiceName[], settings: ServiceSettings): Part {
  const { config, dataFolder, databaseUrl, onAsk } = settings;
  const [first = "order-handler", ...others] = services;
  const program = others.length === 0 ? [mainFile(first), dataFolder] : [togetherFile, dataFolder, ...services];
  return {
    name: services.join(", "),
    async start() {
      const child = spawn(process.execPath, ["--enable-source-maps", ...program], {
        cwd: projectRoot,
        detached: true,
        stdio: ["ignore", "inherit", "inherit", "ipc"],
        env: {
          ...pageSettings(config),
          ...config.environment,
          GATEWAY_RUST_EXCHANGE_WS_PORT: String(config.rustExchangeWsPort),
          DATABASE_URL: databaseUrl,
          DATA_DIR: dataFolder,
          INSTANCE: instanceOf(dataFolder),
          ASSETS_FILE: config.assetsFile,
          SERVICE_SETTINGS: JSON.stringify(
            Object.fromEntries(services.map((name) => [name, ownSettings(name, settings)])),
          ),
        },
      });
      await once(child, "spawn");
      child.on("message", (message) => {
        const ask = askIn(message);
        if (ask === null) return;
        void onAsk?.(ask.what).then((bots) => child.connected && child.send(ask.answer(bots)));
      });
      return running(child);
    },
  };
}

/** How the page finds the gateway, and the gateway knows the page; whoever starts it may say otherwise. */
function pageSettings({ notifier, gateway }: LauncherConfig): NodeJS.ProcessEnv {
  const scheme = notifier.tls === null ? "http" : "https";
  return {
    NOTIFIER_PAGE_GATEWAY: String(gateway.port),
    GATEWAY_PAGE_ORIGINS: ["localhost", "127.0.0.1"].map((host) => `${scheme}://${host}:${notifier.port}`).join(","),
  };
}

/** What the services of one process have each for itself. */
function ownSettings(service: ServiceName, { config, natsUrlOf, place = null }: ServiceSettings): NodeJS.ProcessEnv {
  const shared: NodeJS.ProcessEnv = place === null ? {} : { NOTIFIER_CONNECTIONS_FROM: "launcher" };
  const ownPort = { ADMIN_PORT: String(adminPort(config, service, place ?? 0)) };
  // Bots are clients like any other.
  if (service === BOTS) return { ...ownPort, DATABASE_URL: "" };
  return { ...shared, ...ownPort, NATS_URL: natsUrlOf(service === TRACE_EXPORT ? "operator" : service) };
}

/** The name of this copy of the pipeline among the holders of leases: the same after every start. */
function instanceOf(dataFolder: string): string {
  const folder = createHash("sha256").update(dataFolder).digest("hex").slice(0, 8);
  return `${hostname()
    .replace(/[^A-Za-z0-9_-]/g, "-")
    .slice(0, 48)}-${folder}`;
}

function running(child: ChildProcess): RunningPart {
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve(signal === null ? `exited with code ${code}` : `was ended by ${signal}`);
    });
  });
  const isTaking = new Promise<void>((resolve) => {
    child.on("message", (message) => {
      if (message === TAKES_CONNECTIONS) resolve();
    });
  });
  return {
    pid: child.pid as number,
    exited,
    isTaking,
    take: (connection) => void child.send(CONNECTION, connection, (error) => void (error && connection.destroy())),
    async stop() {
      child.kill("SIGTERM");
      await beforeDeadline(exited, SERVICE_STOP_DEADLINE_MS).catch(() => undefined);
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}

/**
 * Resolves with null once the service is ready, or with what it waits for if that takes long: an operator (an asset is
 * halted), or the end of long work. Rejects if the service ends before, or has not even started in time.
 */
export async function untilReady(part: RunningPart, url: string): Promise<string | null> {
  let ended: string | null = null;
  void part.exited.then((how) => {
    ended = how;
  });
  let last: Readiness | null = null;
  const ask = async (): Promise<Readiness | null> => {
    if (ended !== null) throw new Error(`it ${ended}; its last words are above`);
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }).catch(() => null);
    if (answer === null) return null;
    last = (await answer.json().catch(() => null)) as Readiness | null;
    return last?.ready || last?.needsSomebody ? last : null;
  };
  const reasons = (readiness: Readiness | null) => readiness?.waitingFor.join("; ") ?? "it does not answer";
  const readiness = await waitFor(`${url}/readyz`, { deadlineMs: READY_DEADLINE_MS, everyMs: 30 }, ask).catch(
    (cause) => {
      if (ended !== null) throw cause;
      if (last?.started !== true) throw new Error(`it is not ready: ${reasons(last)}`, { cause });
      return last;
    },
  );
  return readiness.ready ? null : reasons(readiness);
}
