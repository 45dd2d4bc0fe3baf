import type { Asset } from "../shared/domain/assets.js";
import { ordersTouched, reportsOf } from "../shared/domain/execution-report.js";
import type { EngineEvent } from "../shared/domain/messages.js";
import { isDone, type OrderRecord } from "../shared/domain/order-record.js";
import type { AccountId, OrderId } from "../shared/domain/units.js";
import { readRows } from "../shared/wire/event-rows.js";
import { reportOpening, reportText, tradeText } from "./report-text.js";
import type { Answer } from "./text-engine.js";

/** How many finished orders are remembered, to name their state to a cancel or replace that comes too late. */
const FINISHED_ORDERS_MAX = 100_000;

/** Turns the text engine's answers into lines of JSON. Pure. */
export class AnswerPrinter {
  readonly #asset: Asset;
  readonly #openings = new Map<AccountId, string>();
  readonly #orders = new Map<OrderId, OrderRecord>();
  /** Finished orders, in the order in which they ended. */
  readonly #finished = new Set<OrderId>();

  constructor(asset: Asset) {
    this.#asset = asset;
  }

  /** Prints an answer, in pieces of a few lines. */
  print(answer: Answer, write: (text: string) => void): void {
    switch (answer.kind) {
      case "account":
        this.#openings.set(answer.accountId, reportOpening(answer.name, this.#asset));
        break;
      case "text":
        write(answer.text);
        break;
      case "rows":
        for (const event of readRows(answer)) write(this.#eventText(event));
        break;
    }
  }

  #eventText(event: EngineEvent): string {
    const { body } = event;
    let text = body.kind === "trade" ? tradeText(body, this.#asset) : "";
    for (const report of reportsOf(event, this.#orders, this.#asset))
      text += reportText(report, this.#asset, this.#openings.get(report.accountId) ?? "");
    if (body.kind === "rejected") this.#remember(body.orderId);
    for (const id of ordersTouched(event)) {
      const order = this.#orders.get(id);
      if (order !== undefined && isDone(order)) this.#remember(id);
    }
    return text;
  }

  #remember(finished: OrderId): void {
    this.#finished.add(finished);
    if (this.#finished.size <= FINISHED_ORDERS_MAX) return;
    const [oldest] = this.#finished;
    if (oldest === undefined) return;
    this.#finished.delete(oldest);
    this.#orders.delete(oldest);
  }
}
