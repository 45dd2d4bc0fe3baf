/** What is to be known of a typed line before it is sent. Pure. */
import type { Key } from "../shared/subscriber/connection.js";

/** docs/protocol.md, text dialect. */
const LINE_BYTES_MAX = 1_024;

/** Why the handler would close the session because of it; null: it would answer. */
export function refusalOf(line: string): string | null {
  if (!/^[\x20-\x7e]*$/.test(line)) return "a line is printable ASCII";
  return line.length > LINE_BYTES_MAX ? `a line has at most ${LINE_BYTES_MAX} characters` : null;
}

/** The key of a LOGIN line; null: it is none. */
export function loginOf(line: string): Key | null {
  const [, keyId, secret] = /^login\s+(\S+)\s+(\S+)$/i.exec(line) ?? [];
  return keyId === undefined || secret === undefined ? null : { keyId, secret };
}
