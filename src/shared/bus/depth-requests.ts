/**
 * How a reader of DEPTH says up to which event it knows an asset's book, so that the engine publishes the whole book where that is not
 * enough. A request may be lost, and is repeated by whoever still needs an answer, which comes to all readers, in DEPTH.
 */
import type { Bus } from "./bus.js";
import { assetOf } from "./subjects.js";

const PREFIX = "depth-requests";

/** What a reader says that has no book, or a hole in it. The book of an asset without any event is known at event 0. */
const NO_BOOK = "none";

/** `throughEvent`: the last event that the reader's book includes; null: it has no book, or a hole in it. */
export function askForDepth(bus: Pick<Bus, "signal">, asset: string, throughEvent: number | null): void {
  bus.signal(`${PREFIX}.${asset}`, throughEvent === null ? NO_BOOK : String(throughEvent));
}

/** Calls the listener with each request; one that can't be read counts as one of a reader without a book. */
export function onDepthRequests(
  bus: Pick<Bus, "onSignal">,
  listener: (asset: string, throughEvent: number | null) => void,
): void {
  bus.onSignal(`${PREFIX}.*`, (subject, text) => {
    const throughEvent = Number(text);
    listener(assetOf(subject), Number.isSafeInteger(throughEvent) ? throughEvent : null);
  });
}
