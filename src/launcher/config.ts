import { resolve } from "node:path";
import * as v from "valibot";
import { keySeal } from "../shared/access/key-seal.js";
import { backupFolder, dataFolder } from "../shared/process/endpoints.js";
import { assetsFile, natsReplicas, stopTimeoutMs } from "../shared/process/service-config.js";
import { ADMIN_PORT_BASE } from "../shared/process/services.js";
import {
  flag,
  integer,
  logLevel,
  oneOf,
  optionalFlag,
  optionalText,
  production,
  readSettings,
  text,
} from "../shared/process/settings.js";
import { publicPort } from "../shared/process/tls.js";
import { collectorUrl } from "../shared/process/trace-settings.js";
import type { DemoAccounts } from "./migrations.js";
import type { PlayMoney } from "./play-money.js";

/** How long services may take to stop after the launcher's signal, before they are killed. */
export const SERVICE_STOP_DEADLINE_MS = 12_000;

/** A port that clients connect to. It can't be 0: they must know it beforehand. */
const listenPort = (variable: string, fallback: number) => integer(variable, fallback, { min: 1, max: 65_530 });

const SETTINGS = v.object({
  /** Null: the launcher runs an embedded server. */
  natsUrl: optionalText("NATS_URL"),
  databaseUrl: optionalText("DATABASE_URL"),
  natsReplicas: natsReplicas(),
  natsBinary: optionalText("NATS_SERVER_BIN"),
  searchPath: text("PATH", ""),
  dataFolder: dataFolder(),
  backupFolder: backupFolder(),
  assetsFile: v.pipe(
    assetsFile(),
    v.transform((file) => resolve(file)),
  ),
  orderHandler: publicPort(text("ORDER_HANDLER_HOST", "127.0.0.1"), listenPort("ORDER_HANDLER_PORT", 7001)),
  notifier: publicPort(text("NOTIFIER_HOST", "127.0.0.1"), listenPort("NOTIFIER_PORT", 7002)),
  gateway: publicPort(text("GATEWAY_HOST", "127.0.0.1"), listenPort("GATEWAY_PORT", 7003)),
  backOffice: publicPort(text("BACK_OFFICE_HOST", "127.0.0.1"), listenPort("BACK_OFFICE_PORT", 7004)),
  grpcPort: listenPort("GRPC_PORT", 3050),
  /** Of the Rust Crypto Exchange's WebSocket; 0: there is none. */
  rustExchangeWsPort: v.pipe(
    v.object({
      production: production(),
      port: integer("GATEWAY_RUST_EXCHANGE_WS_PORT", -1, { min: -1, max: 65_530 }),
    }),
    v.transform(({ production, port }) => (port === -1 ? (production ? 0 : 8081) : port)),
  ),
  /** How many notifiers share its port. */
  notifierProcesses: integer("NOTIFIER_PROCESSES", 1, { min: 1, max: 64 }),
  /** Whether bots trade beside the services. */
  bots: flag("BOTS", false),
  /** Whether the services that work on orders share a process, or each has its own. */
  processes: oneOf("PROCESSES", "together", ["together", "apart"]),
  adminHost: text("ADMIN_HOST", "127.0.0.1"),
  adminPortBase: listenPort("ADMIN_PORT_BASE", ADMIN_PORT_BASE),
  stopTimeoutMs: v.pipe(
    stopTimeoutMs(),
    v.check(
      (ms) => ms < SERVICE_STOP_DEADLINE_MS,
      `STOP_TIMEOUT_MS must be below ${SERVICE_STOP_DEADLINE_MS}, after which the launcher ends a service by force`,
    ),
  ),
  demoAccounts: v.pipe(
    v.object({ production: production(), revokes: flag("REVOKE_DEMO_KEYS", false) }),
    v.transform(({ production, revokes }): DemoAccounts => (!production ? "made" : revokes ? "revoked" : "refused")),
  ),
  /** Outside production there is a faucet unless somebody turns it off, and accounts may credit themselves. */
  playMoney: v.pipe(
    v.object({ production: production(), faucet: optionalFlag("FAUCET") }),
    v.transform(({ production, faucet }): PlayMoney => ({ faucet: faucet ?? !production, simulated: !production })),
  ),
  /** Null: no traces are exported. */
  collectorUrl: collectorUrl(),
  keySeal: keySeal(),
  logLevel: logLevel(),
  /** The process id of npm, if that started the launcher: when npm is killed, the launcher stops, too. */
  npmPid: v.pipe(
    text("npm_lifecycle_event", ""),
    v.transform((script) => (script === "start" || script === "demo" ? process.ppid : null)),
  ),
});

export type LauncherConfig = ReturnType<typeof launcherConfig>;

/** The launcher's configuration; services inherit its `environment`. */
export function launcherConfig(values: NodeJS.ProcessEnv = process.env) {
  return Object.freeze({ ...readSettings(SETTINGS, values), environment: { ...values, ...absolutePaths(values) } });
}

/** The paths in the environment made absolute, because services run in another folder. */
function absolutePaths(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const paths: NodeJS.ProcessEnv = {};
  for (const name of ["TLS_CERT", "TLS_KEY", "BACKUP_DIR"]) {
    const path = environment[name];
    if (path !== undefined && path !== "") paths[name] = resolve(path);
  }
  return paths;
}
