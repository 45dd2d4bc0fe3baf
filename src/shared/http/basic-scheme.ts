import { createHash, timingSafeEqual } from "node:crypto";
import type { KeyCheck } from "../access/key-check.js";
import { isRefusal, type Refusal, refuse } from "../domain/rejects.js";
import { nowEpochMs } from "../process/clock.js";
import type { Asker, IdentificationScheme, Identity } from "./identification.js";

const MALFORMED = refuse("LOGIN_REJECTED", "Authorization must be: Basic, and key-id:secret in base64");
const CREDENTIALS_LENGTH_MAX = 512;

/** How long a key that was right is known. A revoked or an expired one is refused at once all the same (`keyProblem`). */
const KNOWN_FOR_MS = 10_000;
const KNOWN_MAX = 10_000;

interface Known {
  readonly digest: Buffer;
  readonly identity: Identity;
  readonly untilMs: number;
}

/** Authorization: Basic, with a key's id and secret. Keys that were right are remembered for a while: a request is not a login. */
export class BasicScheme implements IdentificationScheme {
  readonly name = "basic";
  readonly #keys: KeyCheck;
  readonly #knownForMs: number;
  readonly #known = new Map<string, Known>();

  /** `knownForMs` 0: each request is a login, and nothing has to follow what operators decide. */
  constructor(keys: KeyCheck, knownForMs = KNOWN_FOR_MS) {
    this.#keys = keys;
    this.#knownForMs = knownForMs;
  }

  isMarked({ headers }: Asker): boolean {
    return headers.authorization !== undefined;
  }

  async identify({ headers, ip }: Asker): Promise<Identity | Refusal> {
    const credentials = credentialsIn(headers.authorization ?? "");
    if (credentials === null) return MALFORMED;
    const { keyId, secret } = credentials;
    const digest = createHash("sha256").update(secret).digest();
    const known = this.#known.get(keyId);
    if (known !== undefined && known.untilMs > performance.now() && timingSafeEqual(known.digest, digest))
      return known.identity;
    const key = await this.#keys.check(keyId, secret, ip);
    if (isRefusal(key)) return key;
    const { accountId, account, role, expiresInMs } = key;
    const expiresAtMs = expiresInMs === null ? null : nowEpochMs() + expiresInMs;
    const identity = { accountId, account, keyId, role, expiresAtMs, derivedClientOrderId: null };
    this.#remember(keyId, { digest, identity, untilMs: performance.now() + this.#knownForMs });
    return identity;
  }

  #remember(keyId: string, known: Known): void {
    this.#known.delete(keyId);
    this.#known.set(keyId, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
  }
}

function credentialsIn(header: string): { readonly keyId: string; readonly secret: string } | null {
  const [, encoded] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header.slice(0, CREDENTIALS_LENGTH_MAX + 1)) ?? [];
  if (encoded === undefined || header.length > CREDENTIALS_LENGTH_MAX) return null;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon <= 0 || colon === text.length - 1) return null;
  return { keyId: text.slice(0, colon), secret: text.slice(colon + 1) };
}
