/** Secrets of API keys: only a salted hash is kept. They are long and random, so a fast hash is enough. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export interface SaltedHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const SALT_BYTES = 16;
const SECRET_BYTES = 32;
/** What an unknown key's secret is compared with, so that it costs the same work as a wrong one. */
const NOBODYS: SaltedHash = { salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(32) };

/** As random as the hash is long. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

export function saltedHash(secret: string): SaltedHash {
  const salt = randomBytes(SALT_BYTES);
  return { salt, hash: hashOf(secret, salt) };
}

/** In constant time. Null: an unknown key's, which no secret fits. */
export function isSecretOf(secret: string, stored: SaltedHash | null): boolean {
  const { salt, hash } = stored ?? NOBODYS;
  return timingSafeEqual(hashOf(secret, salt), hash);
}

function hashOf(secret: string, salt: Buffer): Buffer {
  return createHash("sha256").update(salt).update(secret, "utf8").digest();
}
