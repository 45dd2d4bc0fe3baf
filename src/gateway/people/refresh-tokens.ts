/**
 * Refresh tokens: a session's id, a generation, and a MAC of both. Each use makes the next generation; whoever comes with an
 * earlier one has a copy, or is robbed, so the session ends. Nothing has to be stored but the last generation. Pure.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

export interface RefreshToken {
  readonly sessionId: string;
  readonly generation: number;
}

/** What is stored of a session, as far as it matters here. */
export interface SessionState {
  readonly generation: number;
  /** Ended by somebody, or expired. */
  readonly isOver: boolean;
}

/** `rotate`: it is the last one, and the next may be made; `reused`: there is a later one; `over`: nobody may come any more. */
export type RefreshJudgement = "rotate" | "reused" | "over";

export function judgeRefresh(session: SessionState | null, { generation }: RefreshToken): RefreshJudgement {
  if (session === null || session.isOver) return "over";
  if (generation === session.generation) return "rotate";
  // A later one than the last: the database went back in time.
  return generation < session.generation ? "reused" : "over";
}

export function refreshTokenText(key: Buffer, token: RefreshToken): string {
  return `${token.sessionId}.${token.generation}.${macOf(key, token).toString("base64url")}`;
}

/** Null: it is not one that was made here. */
export function refreshTokenIn(key: Buffer, text: string): RefreshToken | null {
  const [, sessionId = "", generation, mac = ""] =
    /^(session-[0-9a-f]{32})\.([1-9]\d{0,8})\.([A-Za-z0-9_-]{43})$/.exec(text) ?? [];
  const token = { sessionId, generation: Number(generation) };
  return timingSafeEqual(macOf(key, token), padded(mac)) ? token : null;
}

function macOf(key: Buffer, { sessionId, generation }: RefreshToken): Buffer {
  return createHmac("sha256", key).update(`${sessionId}.${generation}`).digest();
}

/** As long as a MAC, whatever it is. */
function padded(mac: string): Buffer {
  const bytes = Buffer.from(mac, "base64url");
  return bytes.length === 32 ? bytes : Buffer.alloc(32);
}
