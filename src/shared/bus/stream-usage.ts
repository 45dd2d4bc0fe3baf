/** How full a stream is, and how far its replicas are behind, in the server's answer. Pure. */

import { DiscardPolicy, type StreamInfo } from "./nats.js";
import type { StreamName } from "./subjects.js";

export interface StreamUsage {
  readonly stream: StreamName;
  readonly messages: number;
  readonly bytes: number;
  readonly bytesMax: number;
  /** Whether it takes nothing when it is full; else it drops the oldest. */
  readonly refuses: boolean;
  /** The copies besides the leader's. */
  readonly replicas: readonly {
    readonly server: string;
    /** Operations of the stream that it has not got yet. */
    readonly behind: number;
    readonly isCurrent: boolean;
  }[];
}

export function usageIn({ config, state, cluster }: Pick<StreamInfo, "config" | "state" | "cluster">): StreamUsage {
  const replicas = cluster?.replicas ?? [];
  return {
    stream: config.name as StreamName,
    messages: state.messages,
    bytes: state.bytes,
    bytesMax: config.max_bytes,
    refuses: config.discard === DiscardPolicy.New,
    replicas: replicas.map(({ name, current, lag = 0 }) => ({ server: name, behind: lag, isCurrent: current })),
  };
}
