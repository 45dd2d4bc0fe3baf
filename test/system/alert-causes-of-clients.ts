/** What clients do. */
import { RawWebSocket } from "../support/raw-websocket.js";
import { TextSession } from "../support/trading-session.js";
import type { AlertCauses } from "./alert-causes.js";

/** What the others send, and what one account sends beside them: less than it may, were the log slow. */
const USUAL_PER_SECOND = 5;
const GREEDY_PER_TURN = 8;
const GREEDY_TURN_MS = 20;
/** How a log hiccups that is slow again and again, but does not hold up what is behind it. */
const HICCUP_MS = 100;
const BETWEEN_HICCUPS_MS = 700;
const READERS = 15;

/** Subscribers that read nothing any more, and so answer no ping. */
export async function deafSubscribers(causes: AlertCauses): Promise<void> {
  for (let count = 0; count < READERS; count++) {
    const reader = await RawWebSocket.subscribed(causes.bourse.endpoints.notifierUrl);
    causes.atEnd(() => reader.close());
    reader.stopReading();
  }
}

/** An account that sends eighty times what all others do, while the log is slow every now and then. */
export async function greedyAccount(causes: AlertCauses, asset: string): Promise<void> {
  await causes.orders(asset, USUAL_PER_SECOND);
  const greedy = await TextSession.open(causes.bourse.endpoints.orderHandler, "random2");
  causes.atEnd(() => greedy.close());
  causes.every(GREEDY_TURN_MS, () => {
    for (let count = 0; count < GREEDY_PER_TURN; count++)
      void greedy.request(`BUY ${asset} 1 1 tif=IOC`).catch(() => undefined);
  });
  causes.stutter("nats", HICCUP_MS, BETWEEN_HICCUPS_MS);
}
