/** How long an own order took from hop to hop. */
import { durationText } from "../../src/shared/subscriber/formats.js";
import type { Hops } from "../../src/shared/subscriber/own-orders.js";

/** "in 2.1 ms, here 0.9 ms": from the handler's read to the match, and from there to this page. */
export function hopsText(hops: Hops | null): string {
  if (hops === null) return "";
  const { receivedAtUs, matchedAtUs, toldAtUs } = hops;
  const matched = `${durationText(matchedAtUs - receivedAtUs)} to match`;
  if (toldAtUs === null) return matched;
  // Two clocks: where this machine's is behind the server's, the last hop can't be known.
  if (toldAtUs < matchedAtUs) return `${matched}, this clock is behind`;
  return `${matched} + ${durationText(toldAtUs - matchedAtUs)} to here = ${durationText(toldAtUs - receivedAtUs)}`;
}
