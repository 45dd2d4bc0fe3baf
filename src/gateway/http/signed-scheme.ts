/** Requests that are signed instead of bearing a secret: four headers, of which the last is the signature (docs/clients.md). */
import type { KeyCheck } from "../../shared/access/key-check.js";
import {
  clockProblem,
  derivedClientOrderId,
  signedText,
  WINDOW_DEFAULT_MS,
  WINDOW_MAX_MS,
} from "../../shared/access/signed-requests.js";
import type { Signed } from "../../shared/access/signing-keys.js";
import { isRefusal, type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { Asker, IdentificationScheme, Identity } from "../../shared/http/identification.js";
import { nowEpochMs } from "../../shared/process/clock.js";

const INCOMPLETE = refuse(
  "LOGIN_REJECTED",
  "a signed request has Bourse-Key, Bourse-Time (milliseconds since the epoch) and Bourse-Signature, and may have " +
    `Bourse-Window (milliseconds, ${WINDOW_MAX_MS} at most)`,
);

const NOT_HTTP = refuse("LOGIN_REJECTED", "only requests over HTTP are signed; log in with the key's id and secret");

export class SignedScheme implements IdentificationScheme {
  readonly name = "signature";
  readonly #keys: KeyCheck<Signed>;

  constructor(keys: KeyCheck<Signed>) {
    this.#keys = keys;
  }

  isMarked({ headers }: Asker): boolean {
    return headers["bourse-key"] !== undefined || headers["bourse-signature"] !== undefined;
  }

  async identify({ headers, ip, method, raw, rawBody: body }: Asker): Promise<Identity | Refusal> {
    if (method === undefined || body === undefined) return NOT_HTTP;
    const [keyId, signature] = [headers["bourse-key"], headers["bourse-signature"]];
    const timestampMs = wholeIn(headers["bourse-time"]);
    const windowMs = wholeIn(headers["bourse-window"] ?? String(WINDOW_DEFAULT_MS));
    if (typeof keyId !== "string" || typeof signature !== "string" || timestampMs === null) return INCOMPLETE;
    if (windowMs === null || windowMs > WINDOW_MAX_MS) return INCOMPLETE;
    const nowMs = nowEpochMs();
    if (clockProblem(timestampMs, windowMs, nowMs) !== null) return outsideWindow(timestampMs, windowMs, nowMs);
    const path = raw?.url ?? "";
    const payload = signedText({ keyId, timestampMs, windowMs, method, path, body });
    const key = await this.#keys.check(keyId, { payload, signature }, ip);
    if (isRefusal(key)) return key;
    const { accountId, account, role, expiresInMs } = key;
    const expiresAtMs = expiresInMs === null ? null : nowMs + expiresInMs;
    return { accountId, account, keyId, role, expiresAtMs, derivedClientOrderId: derivedClientOrderId(keyId, payload) };
  }
}

function outsideWindow(timestampMs: number, windowMs: number, nowMs: number): Refusal {
  const off = nowMs - timestampMs;
  const how = off < 0 ? `${-off} ms ahead of` : `${off} ms behind`;
  return refuse(
    "LOGIN_REJECTED",
    `the request's time is ${how} the server's, which is ${nowMs}; its window is ${windowMs} ms, and 1000 ms ahead`,
  );
}

/** Null: it is no whole number. */
function wholeIn(header: string | string[] | undefined): number | null {
  return typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : null;
}
