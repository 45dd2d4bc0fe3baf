import type { IncomingHttpHeaders } from "node:http";
import { isTrusted, plainAddress, type TrustedProxies } from "./trusted-proxies.js";

/** The address of a request's client. Each trusted proxy on the way names the address before it; others' words don't count. */
export function clientAddress(peer: string, headers: IncomingHttpHeaders, proxies: TrustedProxies): string {
  const written = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
  let address = peer;
  while (isTrusted(proxies, address)) {
    const before = plainAddress(written.pop()?.trim() ?? "");
    if (before === null) break;
    address = before;
  }
  return address;
}
