/**
 * The keys of leases in their bucket:
 *
 *   $KV.leases.<service>.member.<process>   the assets that it is willing to work on; empty: it has left
 *   $KV.leases.<service>.asset.<asset>      the process that has the asset; empty: none has it
 *   $KV.leases.<service>.doubt.<asset>      why a follower of the asset does not agree with its process
 */
import type { InputMessage } from "../bus/reader.js";
import { STREAMS } from "../bus/subjects.js";

const MEMBER = "member.";
const ASSET = "asset.";
const DOUBT = "doubt.";

export const memberKey = (instance: string) => `${MEMBER}${instance}`;
export const assetKey = (asset: string) => `${ASSET}${asset}`;
export const doubtKey = (asset: string) => `${DOUBT}${asset}`;

/** The process or asset in a key; null: the key is of another kind. */
export const memberOfKey = (key: string) => rest(key, MEMBER);
export const assetOfKey = (key: string) => rest(key, ASSET);
export const doubtedAssetOfKey = (key: string) => rest(key, DOUBT);

function rest(key: string, prefix: string): string | null {
  return key.startsWith(prefix) ? key.slice(prefix.length) : null;
}

/** The subject of a service's key. */
export function leaseSubject(service: string, key: string): string {
  return `${STREAMS.KV_leases.prefix}.${service}.${key}`;
}

/** The process of a service that has an asset; "": none. */
export interface Holder {
  readonly service: string;
  readonly asset: string;
  readonly instance: string;
}

/** The subjects of all leases in KV_leases. */
export const LEASES_OF_ASSETS = `${STREAMS.KV_leases.prefix}.*.${ASSET}*`;

/** The holder that a message on such a subject names. */
export function holderOf({ subject, data }: Pick<InputMessage, "subject" | "data">): Holder {
  const [, , service = "", , asset = ""] = subject.split(".");
  return { service, asset, instance: Buffer.from(data).toString() };
}
