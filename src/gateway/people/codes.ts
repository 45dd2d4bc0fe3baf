/** Sign-in codes: six digits, of which only a MAC under a key of ours is stored. Pure, but for the draw. */
import { createHmac, randomInt, timingSafeEqual } from "node:crypto";

/** Also in sql/24_people.sql: the most that is ever counted. */
export const TRIES_MAX = 5;
export const CODE_MINUTES = 10;
const DIGITS = 6;
/** Stands in for a code that is not there, so that judging takes as long. */
const NOBODYS = Buffer.alloc(32);

export function newCode(): string {
  return String(randomInt(10 ** DIGITS)).padStart(DIGITS, "0");
}

/** Of the code as a person types it, perhaps with spaces, for this address alone. */
export function codeMac(key: Buffer, email: string, code: string): Buffer {
  return createHmac("sha256", key)
    .update(`${email}\n${code.replace(/\s/g, "")}`)
    .digest();
}

/** Compares in constant time. `stored` is null where there is no code that may still be tried. */
export function isRightCode(stored: Buffer | null, given: Buffer): boolean {
  const isSame = timingSafeEqual(stored ?? NOBODYS, given);
  return isSame && stored !== null;
}
