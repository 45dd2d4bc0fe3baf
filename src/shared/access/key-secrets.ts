/** Secrets of API keys, of which only a salted hash is stored. They are long and random, so a fast hash is enough. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export interface SaltedHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const SALT_BYTES = 16;
const SECRET_BYTES = 32;
/** Stands in for the hash of an unknown key, so that checking one takes as long as checking a wrong secret. */
const NOBODYS: SaltedHash = { salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(32) };

/** A new secret, with as many random bits as the hash has. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

export function saltedHash(secret: string): SaltedHash {
  const salt = randomBytes(SALT_BYTES);
  return { salt, hash: hashOf(secret, salt) };
}

/** Compares in constant time. `stored` is null for an unknown key, which no secret fits. */
export function isSecretOf(secret: string, stored: SaltedHash | null): boolean {
  const { salt, hash } = stored ?? NOBODYS;
  return timingSafeEqual(hashOf(secret, salt), hash);
}

function hashOf(secret: string, salt: Buffer): Buffer {
  return createHash("sha256").update(salt).update(secret, "utf8").digest();
}
