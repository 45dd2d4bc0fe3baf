import type { Asset } from "../shared/domain/assets.js";
import { ordersTouched, reportsOf } from "../shared/domain/execution-report.js";
import type { EngineEvent } from "../shared/domain/messages.js";
import { isDone, type OrderRecord } from "../shared/domain/order-record.js";
import type { AccountId, OrderId } from "../shared/domain/units.js";
import { readRows } from "../shared/wire/event-rows.js";
import { reportOpening, reportText, tradeText } from "./report-text.js";
import type { Answer } from "./text-engine.js";

/** Makes lines of JSON of what the text engine has to say. Pure. */
export class AnswerPrinter {
  readonly #asset: Asset;
  readonly #openings = new Map<AccountId, string>();
  /** Orders that live. */
  readonly #orders = new Map<OrderId, OrderRecord>();

  constructor(asset: Asset) {
    this.#asset = asset;
  }

  /** In pieces of a few lines. */
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
    if (body.kind === "rejected") this.#orders.delete(body.orderId);
    for (const id of ordersTouched(event)) {
      const order = this.#orders.get(id);
      if (order !== undefined && isDone(order)) this.#orders.delete(id);
    }
    return text;
  }
}
