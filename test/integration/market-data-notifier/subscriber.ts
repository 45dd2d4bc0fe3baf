import type { Socket } from "socket.io-client";
import { patience } from "../../support/machine.js";

export interface Reply {
  readonly ok: boolean;
  readonly code?: string;
  readonly text?: string;
  readonly trades?: { tradeId: number }[];
  readonly accountSequence?: number;
  readonly balances?: { currency: string; available: string; held: string }[];
  readonly openOrders?: { asset: string; orderId: number }[];
  readonly next?: string;
  readonly openOrdersTotal?: number;
}

/** Emits and waits for the acknowledgement. */
export function ask(socket: Socket, event: string, ...args: unknown[]): Promise<Reply> {
  return socket.timeout(patience(5_000)).emitWithAck(event, ...args);
}

/** The trade ids or account sequences that arrive from now on. */
export function gather(socket: Socket, channel: "trades" | "orders"): number[] {
  const gathered: number[] = [];
  socket.on(channel, (event) => {
    if (channel === "trades") for (const { tradeId } of event.trades) gathered.push(tradeId);
    else for (const { accountSequence } of event.reports) gathered.push(accountSequence);
  });
  return gathered;
}

export function event(socket: Socket, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`no ${name} came`)), patience(8_000));
    socket.once(name, (value: unknown) => {
      clearTimeout(deadline);
      resolve(value);
    });
  });
}

export const range = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
