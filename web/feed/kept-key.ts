/** The key in this tab's session storage, where its owner asked for that; otherwise it is in memory only. */
import type { Key } from "../../src/shared/subscriber/connection.js";

const NAME = "bourse-key";

export function keptKey(): Key | null {
  try {
    const { keyId, secret } = JSON.parse(sessionStorage.getItem(NAME) ?? "null") ?? {};
    return typeof keyId === "string" && typeof secret === "string" ? { keyId, secret } : null;
  } catch {
    return null;
  }
}

export function keepKey(key: Key): void {
  sessionStorage.setItem(NAME, JSON.stringify(key));
}

export function forgetKey(): void {
  sessionStorage.removeItem(NAME);
}
