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

/** What `npm start` wrote when it was ready. */
export function targetOf(dataDir: string): Target {
  return checkLoopback(readEndpoints(dataDir, "name the target with --host and --port"));
}

/** A load test is an attack on whoever did not ask for it. */
export function checkLoopback(target: Target): Target {
  const hosts = [target.orderHandler.host];
  if (target.notifierUrl !== null) hosts.push(new URL(target.notifierUrl).hostname);
  const stranger = hosts.find((host) => !LOOPBACK.has(host));
  if (stranger !== undefined) throw new Error(`${stranger} is not this machine; load is sent to 127.0.0.1 only`);
  return target;
}
