import type { Health } from "../shared/subscriber/liveness.js";
import type { SessionState } from "../shared/trader/order-session.js";

const OF_NOTIFIER: Readonly<Record<Health, string | null>> = {
  connecting: "connecting to the notifier",
  live: null,
  stale: "notifier silent: all this may be old",
  gone: "notifier gone: all this is old",
};

/** What is wrong with the connections, in one line; null: nothing is. Pure. */
export function problemOf(health: Health, session: SessionState | null): string | null {
  const ofSession = {
    connecting: "logging in",
    open: null,
    away: "order handler away: nothing is sent",
    refused: "the key was refused",
  }[session?.kind ?? "open"];
  const problems = [OF_NOTIFIER[health], ofSession].filter((problem) => problem !== null);
  return problems.length === 0 ? null : problems.join(" · ");
}
