/** Trusted proxies: addresses and networks that an operator names, whose word about their clients' addresses counts. */
import { BlockList, isIP, SocketAddress } from "node:net";
import * as v from "valibot";
import { text } from "./settings.js";

export type TrustedProxies = BlockList;

/** For example "10.0.0.7,10.1.0.0/16,fd00::/8"; by default no proxy is trusted. */
export function trustedProxies(variable: string) {
  return v.pipe(
    text(variable, ""),
    v.rawTransform(({ dataset, addIssue, NEVER }): TrustedProxies => {
      const proxies = new BlockList();
      for (const one of dataset.value.split(",").map((part) => part.trim())) {
        if (one === "" || add(proxies, one)) continue;
        addIssue({
          message: `${variable} has "${one}"; it must be addresses or networks such as 10.0.0.7,10.1.0.0/16`,
        });
        return NEVER;
      }
      return proxies;
    }),
  );
}

export function isTrusted(proxies: TrustedProxies, address: string): boolean {
  const family = familyOf(address);
  return family !== null && proxies.check(address, family);
}

/** The address in one form, with IPv4 within IPv6 as IPv4; null: it is no address. */
export function plainAddress(address: string): string | null {
  const family = familyOf(address);
  if (family === null) return null;
  return new SocketAddress({ address, family }).address.replace(/^::ffff:(?=\d+\.)/, "");
}

function add(proxies: BlockList, network: string): boolean {
  const [, address = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(network) ?? [];
  const family = familyOf(address);
  if (family === null) return false;
  const bits = family === "ipv4" ? 32 : 128;
  if (Number(prefix ?? bits) > bits) return false;
  proxies.addSubnet(address, Number(prefix ?? bits), family);
  return true;
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  const version = address.includes("%") ? 0 : isIP(address);
  return version === 4 ? "ipv4" : version === 6 ? "ipv6" : null;
}
