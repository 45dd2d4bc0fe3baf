import type { MarketData } from "../../shared/channels/market-data.js";
import { pausedFor } from "../../shared/process/waits.js";

export interface SteadyFollowing {
  /** The snapshot, each time that following begins anew. */
  readonly onSnapshot?: (snapshot: Readonly<Record<string, unknown>>) => void;
  readonly onEvent: (payload: object) => void;
}

/** After a channel could not be followed. */
const AGAIN_MS = 1_000;

/** Follows a channel until the returned function is called: anew where it was cut, or could not be followed. */
export function followSteadily(
  market: Pick<MarketData, "follow">,
  asked: object,
  { onSnapshot, onEvent }: SteadyFollowing,
  stopping: AbortSignal,
): () => void {
  let isWanted = true;
  let end = () => {};
  const again = async () => {
    if ((await pausedFor(AGAIN_MS, stopping)) && isWanted) follow();
  };
  const follow = () => {
    end = market.follow(asked, {
      onAnswer: (answer) => {
        if (answer.ok) onSnapshot?.(answer);
        else void again();
      },
      onEvent,
      onCut: () => void again(),
    });
  };
  follow();
  return () => {
    isWanted = false;
    end();
  };
}
