/** What the gateway's client has of its browser. */
import type { ClientParts } from "./gateway-client.js";

const REFRESH_LOCK = "bourse-refresh";

/** Browsers lend locks to pages that came over TLS, or from this machine; elsewhere tabs may end each other's sessions. */
export const browser: Pick<ClientParts, "fetch" | "alone"> = {
  fetch: (url, ask) => fetch(url, ask),
  alone: async (act) => await (navigator.locks === undefined ? act() : navigator.locks.request(REFRESH_LOCK, act)),
};
