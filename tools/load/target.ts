import { readFileSync } from "node:fs";
import { readEndpoints } from "../../src/shared/process/endpoints.js";

/** What is under load, and where else to look. */
export interface Target {
  readonly orderHandler: { readonly host: string; readonly port: number; readonly tls?: true };
  /** Null: no reports are measured. */
  readonly notifierUrl: string | null;
  /** Null: nothing is compared with the log. */
  readonly databaseUrl: string | null;
  readonly natsUrl: string | null;
  readonly services: readonly { readonly name: string; readonly pid: number }[];
  /** Whose certificates are trusted, in PEM, where TLS is spoken; undefined: the usual ones. */
  readonly ca?: Buffer;
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost", "[::1]"]);

/** Where a tool's command line says that the pipeline is; `ca`: a PEM file. */
export interface TargetOptions {
  readonly dataDir: string;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly notifier?: string | undefined;
  readonly tls?: true | undefined;
  readonly ca?: string | undefined;
  readonly allowRemote?: true | undefined;
}

/** The one that is named, or else what `npm start` wrote when it was ready. Throws for another machine, unless that is allowed. */
export function chosenTarget({ ca, host, port, tls, notifier, dataDir, allowRemote }: TargetOptions): Target {
  const trust = ca === undefined ? {} : { ca: readFileSync(ca) };
  const check = allowRemote === true ? (target: Target) => target : checkLoopback;
  if (host === undefined && port === undefined)
    return check({ ...readEndpoints(dataDir, "name the target with --host and --port"), ...trust });
  const address = { host: host ?? "127.0.0.1", port: port ?? 7001 };
  const orderHandler = tls ? { ...address, tls: true as const } : address;
  return check({
    orderHandler,
    notifierUrl: notifier ?? null,
    databaseUrl: null,
    natsUrl: null,
    services: [],
    ...trust,
  });
}

/** What `npm start` wrote when it was ready. */
export function targetOf(dataDir: string): Target {
  return chosenTarget({ dataDir });
}

/** A load test is an attack on whoever did not ask for it. */
function checkLoopback(target: Target): Target {
  const hosts = [target.orderHandler.host];
  if (target.notifierUrl !== null) hosts.push(new URL(target.notifierUrl).hostname);
  const stranger = hosts.find((host) => !LOOPBACK.has(host));
  if (stranger === undefined) return target;
  throw new Error(`${stranger} is not this machine: load is sent to 127.0.0.1 only, unless you say --allow-remote`);
}
