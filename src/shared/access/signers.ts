/** Signers: what checks the signature of a request. Pure. */
import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from "node:crypto";

export type Signer =
  | { readonly kind: "hmac"; readonly secret: string }
  | { readonly kind: "ed25519"; readonly publicKey: KeyObject };

/** An Ed25519 key's SubjectPublicKeyInfo is this, then its raw 32 bytes (RFC 8410). */
const ED25519_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const RAW_BYTES = 32;
const SIGNATURE_BYTES = { hmac: 32, ed25519: 64 } as const;

/** Whether the signature is the signer's: HMAC-SHA256 in hex or base64, Ed25519 in base64. */
export function isSignedBy(signer: Signer, payload: string, signature: string): boolean {
  const bytes = bytesOf(signature, signer.kind);
  if (bytes === null) return false;
  if (signer.kind === "ed25519") return verify(null, Buffer.from(payload), signer.publicKey, bytes);
  return timingSafeEqual(createHmac("sha256", signer.secret).update(payload, "utf8").digest(), bytes);
}

/** Null: the text is no signature of this kind. */
function bytesOf(text: string, kind: Signer["kind"]): Buffer | null {
  const length = SIGNATURE_BYTES[kind];
  if (kind === "hmac" && /^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex");
  if (!/^[A-Za-z0-9+/]{43,86}={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, "base64");
  return bytes.length === length ? bytes : null;
}

/** The raw 32 bytes of an Ed25519 public key in PEM, or in base64 (raw, or as in a PEM file); null: it is none. */
export function rawPublicKey(text: string): Buffer | null {
  const base64 = text.replace(/-----(BEGIN|END) PUBLIC KEY-----|\s/g, "");
  if (!/^[A-Za-z0-9+/]{43,60}={0,2}$/.test(base64)) return null;
  const bytes = Buffer.from(base64, "base64");
  const hasPrefix = bytes.length === ED25519_PREFIX.length + RAW_BYTES && bytes.indexOf(ED25519_PREFIX) === 0;
  return hasPrefix ? bytes.subarray(ED25519_PREFIX.length) : bytes.length === RAW_BYTES ? bytes : null;
}

export function ed25519Signer(raw: Buffer): Signer {
  const der = Buffer.concat([ED25519_PREFIX, raw]);
  return { kind: "ed25519", publicKey: createPublicKey({ key: der, format: "der", type: "spki" }) };
}
