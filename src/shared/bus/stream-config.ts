/** The configuration of each stream, in the server's terms. */

import { DiscardPolicy, nanos, RetentionPolicy, StorageType, type StreamConfig } from "./nats.js";
import { STREAMS, type StreamName } from "./subjects.js";

/** The client's types lack `allow_msg_ttl` and `persist_mode`, which the server knows. */
export type StreamSettings = Partial<StreamConfig> & {
  readonly name: string;
  readonly allow_msg_ttl?: boolean;
  /** "async": messages are acknowledged before they are written. A killed server loses the last ones, a power cut more. */
  readonly persist_mode?: "async";
};

export function streamConfig(name: StreamName, replicas: number): StreamSettings {
  const { prefix, tokens, storage, discard, maxBytes, maxAgeMs } = STREAMS[name];
  return {
    name,
    subjects: [`${prefix}.${tokens}`],
    retention: RetentionPolicy.Limits,
    storage: storage === "file" ? StorageType.File : StorageType.Memory,
    discard: discard === "new" ? DiscardPolicy.New : DiscardPolicy.Old,
    max_bytes: maxBytes,
    max_age: nanos(maxAgeMs),
    num_replicas: replicas,
    allow_direct: true,
    ...("canBeRebuilt" in STREAMS[name] && replicas === 1 ? { persist_mode: "async" } : {}),
    ...("keepsLastOfEach" in STREAMS[name] ? { max_msgs_per_subject: 1, allow_rollup_hdrs: true } : {}),
    ...("messagesMayExpire" in STREAMS[name] ? { allow_msg_ttl: true } : {}),
  };
}
