/** What a script's runner knows of a line of the protocol. Pure. */
import { durationMs } from "./duration.js";
import type { Subject } from "./judge.js";

/** CANCEL and REPLACE name an order with a number: -1 is the last one that the account has placed in the asset. */
export interface Reference {
  readonly asset: string;
  readonly ordersBack: number;
}

export function referenceOf(line: string): Reference | null {
  const [, asset, back] = /^(?:CANCEL|REPLACE) +(\S+) +-(\d{1,6})(?= |$)/i.exec(line) ?? [];
  return asset === undefined || Number(back) === 0 ? null : { asset, ordersBack: Number(back) };
}

export function withOrderId(line: string, orderId: number): string {
  return line.replace(/-\d+/, String(orderId));
}

/** `{run}`, another word in each run, since client order ids are used up for ever, and `expires=+2s`. */
export function withValues(line: string, run: string, nowMs: number): string {
  return line.replaceAll("{run}", run).replace(/ expires=\+(\S+)/i, (written, text: string) => {
    const ms = durationMs(text);
    return ms === null ? written : ` expires=${new Date(nowMs + ms).toISOString()}`;
  });
}

/** The key of a LOGIN; null: it is none. */
export function loginOf(line: string): { readonly keyId: string; readonly secret: string } | null {
  const [, keyId, secret] = /^LOGIN +(\S+) +(\S+)/i.exec(line) ?? [];
  return keyId === undefined || secret === undefined ? null : { keyId, secret };
}

/** The order that an acknowledged line has placed; null: it places none. */
export function orderOf(line: string, answer: string): Subject | null {
  const [, orderId, asset] = /^ACK (\d+) (\S+)/.exec(answer) ?? [];
  if (orderId === undefined || asset === undefined || !/^(BUY|SELL) /i.test(line)) return null;
  return { asset, orderId: Number(orderId) };
}

/** The order that a cancel or a replace names; null: it is neither. */
export function targetOf(line: string): Subject | null {
  const [, verb = "", asset, orderId] = /^(CANCEL|REPLACE) +(\S+)(?: +(\d+)(?= |$))?/i.exec(line) ?? [];
  if (asset === undefined) return null;
  if (orderId !== undefined) return { asset, orderId: Number(orderId) };
  const [, clientOrderId] = / id=(\S+)/i.exec(line) ?? [];
  return verb.toUpperCase() === "CANCEL" && clientOrderId !== undefined ? { asset, clientOrderId } : null;
}
