/** What signed requests have in common in every dialect: the window of their timestamp, and what of them is signed in ours. Pure. */
import { createHash } from "node:crypto";

/** How far a client's clock may be ahead of ours. */
export const AHEAD_MAX_MS = 1_000;
export const WINDOW_DEFAULT_MS = 5_000;
export const WINDOW_MAX_MS = 60_000;

/** `ahead`: it comes from the future; `outside`: it is older than its window allows; null: it is good. */
export type ClockProblem = "ahead" | "outside";

export function clockProblem(timestampMs: number, windowMs: number, nowMs: number): ClockProblem | null {
  if (timestampMs >= nowMs + AHEAD_MAX_MS) return "ahead";
  return nowMs - timestampMs > windowMs ? "outside" : null;
}

export interface SignedRequest {
  readonly keyId: string;
  readonly timestampMs: number;
  /** How old the request may be when it arrives. */
  readonly windowMs: number;
  /** Upper case. */
  readonly method: string;
  /** As it stands in the request line: with the query, if there is one. */
  readonly path: string;
  readonly body: string | Uint8Array;
}

/** The bytes that a client of /v1 signs: six lines, the last of which is the body's SHA-256 in hex (docs/clients.md). */
export function signedText({ keyId, timestampMs, windowMs, method, path, body }: SignedRequest): string {
  return [keyId, timestampMs, windowMs, method, path, createHash("sha256").update(body).digest("hex")].join("\n");
}

/**
 * The client order id of a signed request that has none. It follows from what is signed and not from the signature's text, of
 * which there may be several: the same request sent again is the same order, which can't trade twice.
 */
export function derivedClientOrderId(keyId: string, payload: string): string {
  const digest = createHash("sha256").update(keyId).update("\n").update(payload, "utf8").digest("base64url");
  return `s-${digest.slice(0, 32)}`;
}
