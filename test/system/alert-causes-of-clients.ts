/** What clients do. */
import { RawWebSocket } from "../support/raw-websocket.js";
import type { AlertCauses } from "./alert-causes.js";

const READERS = 15;

/** Subscribers that read nothing any more, and so answer no ping. */
export async function deafSubscribers(causes: AlertCauses): Promise<void> {
  for (let count = 0; count < READERS; count++) {
    const reader = await RawWebSocket.subscribed(causes.bourse.endpoints.notifierUrl);
    causes.atEnd(() => reader.close());
    reader.stopReading();
  }
}
