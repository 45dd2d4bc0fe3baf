import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import * as v from "valibot";
import type { Logger } from "./log.js";
import { flag, type integer, optionalText, production, type text } from "./settings.js";
import { type PublicAddress, sharedSocket } from "./shared-socket.js";

/** A certificate with its chain, and its private key, in PEM. */
export interface TlsIdentity {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** How a public port is protected. */
export interface Transport {
  /** Null: plain TCP, plain HTTP. */
  readonly tls: TlsIdentity | null;
  /** Whether secrets cross a network in the clear. */
  readonly isExposed: boolean;
}

/**
 * The settings of a public port, with those of its `host` and `port`. Without TLS_CERT and TLS_KEY production refuses to
 * listen on a network, unless ALLOW_PLAINTEXT allows it.
 */
export function publicPort(host: ReturnType<typeof text>, port: ReturnType<typeof integer>) {
  return v.pipe(
    v.object({
      host,
      port,
      tls: tlsIdentity(),
      allowsPlaintext: flag("ALLOW_PLAINTEXT", false),
      production: production(),
      isShared: sharedSocket(),
    }),
    v.rawTransform(({ dataset, addIssue }): Transport & PublicAddress => {
      const { host, port, tls, allowsPlaintext, production, isShared } = dataset.value;
      const isExposed = tls === null && !isLoopback(host);
      if (isExposed && production && !allowsPlaintext)
        addIssue({
          message: `on ${host} secrets would cross the network in the clear; set TLS_CERT and TLS_KEY, or ALLOW_PLAINTEXT=true where something in front of it speaks TLS`,
        });
      return { host, port, tls, isExposed, isShared };
    }),
  );
}

export function warnIfExposed(log: Logger, { isExposed, host }: Pick<Transport, "isExposed"> & { host: string }): void {
  if (isExposed) log.warn({ host }, "secrets cross the network in the clear; set TLS_CERT and TLS_KEY");
}

/** TLS_CERT and TLS_KEY; null: neither is set. */
function tlsIdentity() {
  return v.pipe(
    v.object({ cert: pemFile("TLS_CERT"), key: pemFile("TLS_KEY") }),
    v.rawTransform(({ dataset, addIssue, NEVER }): TlsIdentity | null => {
      const { cert, key } = dataset.value;
      try {
        if (cert === null && key === null) return null;
        if (cert !== null && key !== null && createSecureContext({ cert, key })) return { cert, key };
        addIssue({ message: "TLS_CERT and TLS_KEY belong together: set both or none" });
      } catch (cause) {
        addIssue({
          message: `TLS_CERT and TLS_KEY can't be used (${(cause as Error).message}); they must be the PEM files of a certificate and of its private key, without a passphrase`,
        });
      }
      return NEVER;
    }),
  );
}

/** The file that the variable names; null: it is not set. */
function pemFile(variable: string) {
  return v.pipe(
    optionalText(variable),
    v.rawTransform(({ dataset, addIssue, NEVER }): Buffer | null => {
      const file = dataset.value;
      if (file === null) return null;
      try {
        const pem = readFileSync(file);
        if (pem.length > 0) return pem;
        addIssue({ message: `${variable}: ${file} is empty` });
      } catch (cause) {
        addIssue({ message: `${variable}: ${file} can't be read (${(cause as NodeJS.ErrnoException).code})` });
      }
      return NEVER;
    }),
  );
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
