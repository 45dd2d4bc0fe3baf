import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { Environment } from "./config.js";
import type { Logger } from "./log.js";

/** A certificate with its chain, and its private key, in PEM. */
export interface TlsIdentity {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** How a public port is spoken to. */
export interface Transport {
  /** Null: plain TCP, plain HTTP. */
  readonly tls: TlsIdentity | null;
  /** Secrets cross a network in the clear. */
  readonly isExposed: boolean;
}

/** TLS_CERT and TLS_KEY. Without them production refuses to listen on a network, unless ALLOW_PLAINTEXT says so. */
export function transportConfig(
  env: Environment,
  { hosts, production }: { readonly hosts: readonly string[]; readonly production: boolean },
): Transport {
  const tls = tlsIdentity(env);
  const isAllowed = env.flag("ALLOW_PLAINTEXT", false);
  const exposed = tls === null ? hosts.filter((host) => !isLoopback(host)) : [];
  const isExposed = exposed.length > 0;
  if (isExposed && production && !isAllowed)
    env.problem(
      `on ${exposed.join(" and ")} secrets would cross the network in the clear; set TLS_CERT and TLS_KEY, or ALLOW_PLAINTEXT=true where something in front of it speaks TLS`,
    );
  return { tls, isExposed };
}

export function warnIfExposed(log: Logger, { isExposed, host }: Pick<Transport, "isExposed"> & { host: string }): void {
  if (isExposed) log.warn({ host }, "secrets cross the network in the clear; set TLS_CERT and TLS_KEY");
}

function tlsIdentity(env: Environment): TlsIdentity | null {
  const cert = pemFile(env, "TLS_CERT");
  const key = pemFile(env, "TLS_KEY");
  if (cert === null || key === null) {
    if (cert !== key) env.problem("TLS_CERT and TLS_KEY belong together: set both or none");
    return null;
  }
  if (cert.length === 0 || key.length === 0) return null; // said already
  try {
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    env.problem(
      `TLS_CERT and TLS_KEY can't be used (${(cause as Error).message}); they must be the PEM files of a certificate and of its private key, without a passphrase`,
    );
    return null;
  }
}

/** Null: not set. Empty: it is a problem. */
function pemFile(env: Environment, name: string): Buffer | null {
  const file = env.text(name, "");
  if (file === "") return null;
  try {
    const pem = readFileSync(file);
    if (pem.length === 0) env.problem(`${name}: ${file} is empty`);
    return pem;
  } catch (cause) {
    env.problem(`${name}: ${file} can't be read (${(cause as NodeJS.ErrnoException).code})`);
    return Buffer.alloc(0);
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
