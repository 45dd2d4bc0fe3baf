/** What clients do. */
import { RawWebSocket } from "../support/raw-websocket.js";
import { TextSession } from "../support/trading-session.js";
import type { AlertCauses } from "./alert-causes.js";

const READERS = 15;
/** Requests of the flood that are under way. */
const IN_FLIGHT = 500;

/** Subscribers that read nothing any more, and so answer no ping. */
export async function deafSubscribers(causes: AlertCauses): Promise<void> {
  for (let count = 0; count < READERS; count++) {
    const reader = await RawWebSocket.subscribed(causes.bourse.endpoints.notifierUrl);
    causes.atEnd(() => reader.close());
    reader.stopReading();
  }
}

/** An account that sends as much as it can while others send a little. */
export async function flood(causes: AlertCauses, asset: string): Promise<void> {
  for (const account of ["random2", "random32"]) await causes.orders(asset, 4, account);
  const session = await TextSession.open(causes.bourse.endpoints.orderHandler, "random1");
  causes.atEnd(() => session.close());
  const sendOn = () => {
    if (session.isOpen) session.request(`BUY ${asset} 1 1 tif=IOC`).then(sendOn, () => undefined);
  };
  for (let count = 0; count < IN_FLIGHT; count++) sendOn();
}
