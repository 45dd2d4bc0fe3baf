/** Secrets that have to be kept as they are, because HMAC needs them: encrypted with a key that is not in the database. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import * as v from "valibot";
import { optionalText, production } from "../process/settings.js";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals the secrets of keys, and is the root of the keys for other purposes. A sealed secret is a nonce, the cipher text and a tag, and opens under its own key's id only. */
export class KeySeal {
  readonly #key: Buffer;

  /** `key` has 32 bytes. */
  constructor(key: Buffer) {
    this.#key = key;
  }

  /** A key of 32 bytes for this purpose alone: it tells nothing about the others. */
  keyFor(purpose: string): Buffer {
    return Buffer.from(hkdfSync("sha256", this.#key, "", `bourse ${purpose}`, KEY_BYTES));
  }

  seal(keyId: string, secret: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(keyId));
    return Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
  }

  /** Null: it was sealed with another key, or for another key id, or is damaged. */
  open(keyId: string, sealed: Buffer): string | null {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
    const decipher = createDecipheriv(ALGORITHM, this.#key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(keyId))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      return decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
    } catch {
      return null;
    }
  }
}

/** Everybody knows it: outside production, where KEY_ENCRYPTION_KEY is not set. */
export const DEVELOPMENT_SEAL = new KeySeal(createHash("sha256").update("bourse, outside production").digest());

const WRONG_KEY = `KEY_ENCRYPTION_KEY must be ${KEY_BYTES} bytes in base64 or hex, as openssl rand -base64 ${KEY_BYTES} makes them`;

/** The setting KEY_ENCRYPTION_KEY; null: it is not set in production, where whoever needs it must refuse to start. */
export function keySeal() {
  return v.pipe(
    v.object({ production: production(), key: optionalText("KEY_ENCRYPTION_KEY") }),
    v.rawTransform(({ dataset, addIssue, NEVER }): KeySeal | null => {
      const { production, key } = dataset.value;
      if (key === null) return production ? null : DEVELOPMENT_SEAL;
      const bytes = /^[0-9a-fA-F]{64}$/.test(key) ? Buffer.from(key, "hex") : Buffer.from(key, "base64");
      if (bytes.length === KEY_BYTES) return new KeySeal(bytes);
      addIssue({ message: WRONG_KEY });
      return NEVER;
    }),
  );
}

/** The same for whoever can't do without it in production; `why` says so. */
export function requiredKeySeal(why: string) {
  return v.pipe(
    keySeal(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      if (dataset.value !== null) return dataset.value;
      addIssue({ message: `KEY_ENCRYPTION_KEY is not set; in production ${why}: openssl rand -base64 32` });
      return NEVER;
    }),
  );
}
