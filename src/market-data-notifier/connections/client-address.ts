import type { IncomingHttpHeaders } from "node:http";
import { isTrusted, plainAddress, type TrustedProxies } from "../../shared/process/trusted-proxies.js";

/** Whom a request comes from. Each trusted proxy on the way says whom it had it from; what others wrote counts for nothing. */
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
