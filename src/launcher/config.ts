import { join, resolve } from "node:path";
import { ADMIN_PORT_BASE, Environment, LOG_LEVELS, projectRoot } from "../shared/process/config.js";
import { transportConfig } from "../shared/process/tls.js";

export interface LauncherConfig {
  /** Null: an embedded server. */
  readonly natsUrl: string | null;
  readonly databaseUrl: string | null;
  readonly natsReplicas: number;
  readonly natsBinary: string | null;
  readonly searchPath: string;
  readonly dataFolder: string;
  readonly assetsFile: string;
  readonly orderHandler: { readonly host: string; readonly port: number };
  readonly notifier: { readonly host: string; readonly port: number };
  /** The public ports speak TLS. */
  readonly isTls: boolean;
  readonly adminHost: string;
  readonly adminPortBase: number;
  readonly production: boolean;
  readonly logLevel: string;
  /** The process that started us, when that is npm: it takes us along when it is killed. */
  readonly npmPid: number | null;
  /** What the services inherit. */
  readonly environment: NodeJS.ProcessEnv;
}

export function launcherConfig(environment: NodeJS.ProcessEnv = process.env): LauncherConfig {
  const env = new Environment(environment);
  const optional = (name: string) => env.text(name, "") || null;
  const production = env.text("NODE_ENV", "development") === "production";
  const orderHandler = {
    host: env.text("ORDER_HANDLER_HOST", "127.0.0.1"),
    port: listenPort(env, "ORDER_HANDLER_PORT", 7001),
  };
  const notifier = { host: env.text("NOTIFIER_HOST", "127.0.0.1"), port: listenPort(env, "NOTIFIER_PORT", 7002) };
  const config: LauncherConfig = {
    natsUrl: optional("NATS_URL"),
    databaseUrl: optional("DATABASE_URL"),
    natsReplicas: env.integer("NATS_REPLICAS", 1, { min: 1, max: 5 }),
    natsBinary: optional("NATS_SERVER_BIN"),
    searchPath: env.text("PATH", ""),
    dataFolder: resolve(env.text("DATA_DIR", join(projectRoot, ".data"))),
    assetsFile: resolve(env.text("ASSETS_FILE", join(projectRoot, "config", "assets.json"))),
    orderHandler,
    notifier,
    isTls: transportConfig(env, { hosts: [orderHandler.host, notifier.host], production }).tls !== null,
    adminHost: env.text("ADMIN_HOST", "127.0.0.1"),
    adminPortBase: listenPort(env, "ADMIN_PORT_BASE", ADMIN_PORT_BASE),
    logLevel: env.oneOf("LOG_LEVEL", "info", LOG_LEVELS),
    production,
    npmPid: env.text("npm_lifecycle_event", "") === "start" ? process.ppid : null,
    environment: { ...environment, ...absolutePaths(environment) },
  };
  env.check();
  return Object.freeze(config);
}

/** The services run in another folder. */
function absolutePaths(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const paths: NodeJS.ProcessEnv = {};
  for (const name of ["TLS_CERT", "TLS_KEY"]) {
    const path = environment[name];
    if (path !== undefined && path !== "") paths[name] = resolve(path);
  }
  return paths;
}

/** Not 0: whoever wants to connect must know the port beforehand. */
function listenPort(env: Environment, name: string, fallback: number): number {
  return env.integer(name, fallback, { min: 1, max: 65_530 });
}
