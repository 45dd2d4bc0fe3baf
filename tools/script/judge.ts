/** Whether what came is what was expected. Pure. */
import type { ReportJson } from "../../src/shared/subscriber/own-orders.js";
import { EVENTS } from "./parse-expect.js";
import type { ExpectedReport, ExpectedResponse } from "./script.js";

/** The order that a report must be about. Null: any. */
export interface Subject {
  readonly asset: string;
  readonly orderId?: number;
  readonly clientOrderId?: string;
}

const REJECTED = /^REJ (\d+) ?(\S*)/;

/** Null: nothing was said of it, so anything that is not refused will do. */
export function isExpected(answer: string, expected: ExpectedResponse | null): boolean {
  const [, code, name] = REJECTED.exec(answer) ?? [];
  switch (expected?.kind) {
    case undefined:
      return code === undefined;
    case "any":
      return true;
    case "ack":
      return answer.startsWith("ACK ");
    case "ok":
      return `${answer} `.startsWith(expected.words === "" ? "OK " : `OK ${expected.words} `);
    case "reject":
      return code !== undefined && [code, name, null].includes(expected.code);
  }
}

export function isReport(report: ReportJson, { word, fields }: ExpectedReport, subject: Subject | null): boolean {
  const told = EVENTS.includes(word) ? report.event : report.status;
  if (told?.toUpperCase() !== word || !isAbout(report, subject)) return false;
  const values = report as unknown as Readonly<Record<string, unknown>>;
  return fields.every(([name, value]) => isValue(values[name], value));
}

export function isAbout(report: ReportJson, subject: Subject | null): boolean {
  if (subject === null) return true;
  if (report.asset !== subject.asset) return false;
  if (subject.orderId !== undefined) return report.orderId === subject.orderId;
  return report.clientOrderId === subject.clientOrderId;
}

/** Numbers by their value; of a reason (`insufficient_funds: needs …`) its name is enough. */
function isValue(told: unknown, expected: string): boolean {
  const text = String(told);
  return told !== undefined && [text, text.split(":")[0]].some((value) => plain(value ?? "") === plain(expected));
}

function plain(text: string): string {
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text;
}

/** `trade 0.2 @ 64000.00 (partially_filled)`. */
export function reportText({ event, status, lastQuantity, lastPrice, reason }: ReportJson): string {
  const fill = event === "trade" ? ` ${lastQuantity} @ ${lastPrice}` : "";
  return `${event}${fill} (${reason ?? status})`;
}
