/** A publish into a stream, in the server's terms: its headers, and what its acknowledgement means. */
import { type StreamSequence, streamSequence } from "../domain/units.js";
import { headers, type MsgHdrs } from "./nats.js";

/** The outcome of a publish. Only "unknown" leaves a doubt whether the message is stored. */
export type PublishOutcome =
  | { readonly kind: "stored"; readonly streamSequence: StreamSequence; readonly duplicate: boolean }
  /** The server said no (see ERROR_CODES): nothing was stored. */
  | { readonly kind: "refused"; readonly errorCode: number; readonly description: string }
  /** Nothing was sent, or no stream listens: nothing was stored. */
  | { readonly kind: "unavailable" }
  /** Sent, and no answer before the deadline or before the connection broke. */
  | { readonly kind: "unknown" };

export interface PublishOptions {
  /** Nats-Msg-Id: a second message with the same id is answered as a duplicate, for two minutes. */
  readonly messageId?: string;
  /** The fence: refused (WRONG_LAST_SEQUENCE) unless this is the subject's last stream sequence. */
  readonly expectedLastSubjectSequence?: StreamSequence;
  /** The server removes the message after so long, in whole seconds; only in streams with `messagesMayExpire`. */
  readonly expiresAfterMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
}

export function publishHeaders(options: PublishOptions): MsgHdrs | null {
  const { messageId, expectedLastSubjectSequence, expiresAfterMs, headers: others } = options;
  if ([messageId, expectedLastSubjectSequence, expiresAfterMs, others].every((option) => option === undefined))
    return null;
  const header = headers();
  for (const [name, value] of Object.entries(others ?? {})) header.set(name, value);
  if (messageId !== undefined) header.set("Nats-Msg-Id", messageId);
  if (expiresAfterMs !== undefined) header.set("Nats-TTL", `${Math.ceil(expiresAfterMs / 1000)}s`);
  if (expectedLastSubjectSequence !== undefined)
    header.set("Nats-Expected-Last-Subject-Sequence", String(expectedLastSubjectSequence));
  return header;
}

export function readAcknowledgement(data: Uint8Array): PublishOutcome {
  const answer = JSON.parse(new TextDecoder().decode(data)) as {
    seq?: number;
    duplicate?: boolean;
    error?: { err_code?: number; description?: string };
  };
  if (answer.error !== undefined)
    return { kind: "refused", errorCode: answer.error.err_code ?? 0, description: answer.error.description ?? "" };
  return { kind: "stored", streamSequence: streamSequence(answer.seq ?? 0), duplicate: answer.duplicate === true };
}
