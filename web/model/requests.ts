/** What was asked of the exchange: each request is shown from the click on, until it is known what became of it. */
import { type Signal, signal } from "@preact/signals";
import type { OwnOrder, ReportJson } from "../../src/shared/subscriber/own-orders.js";
import type { GatewayClient } from "../feed/gateway-client.js";
import type { OrderBody } from "../state/order-draft.js";
import { type Outcome, type Problem, problemText } from "../state/problem.js";
import { type Acknowledged, afterAnswer, afterReport, type Sent } from "../state/sent-order.js";

/** An order that was sent from this page. */
export interface SentOrder {
  readonly clientOrderId: string;
  readonly words: string;
  readonly body: OrderBody;
  readonly sent: Signal<Sent>;
  /** Whether it went out more than once. */
  isRepeat: boolean;
}

export interface RequestParts {
  readonly client: Pick<GatewayClient, "ask">;
  readonly nowUs: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/** The newest that are shown. */
const SENT_MAX = 5;

interface Settled extends Acknowledged {
  readonly status?: string;
  readonly reason?: string;
  readonly reports?: readonly ReportJson[];
}

export class Requests {
  /** Newest first. */
  readonly sent: Signal<readonly SentOrder[]> = signal([]);
  /** What is under way for an order, by its key. */
  readonly underWay: Signal<ReadonlyMap<string, string>> = signal(new Map());
  /** What was said last about a cancel or a replace that was not taken; "": nothing. */
  readonly problem = signal("");
  readonly #parts: RequestParts;

  constructor(parts: RequestParts) {
    this.#parts = parts;
  }

  /** Resolves with what became of it at the door. */
  async place(words: string, body: OrderBody): Promise<Sent> {
    const order = {
      clientOrderId: String(body["clientOrderId"]),
      words,
      body,
      sent: signal<Sent>({ kind: "sending" }),
      isRepeat: false,
    };
    this.sent.value = [order, ...this.sent.value].slice(0, SENT_MAX);
    return await this.#send(order);
  }

  /** Of one that nobody knows about: under the same client order id. */
  async placeAgain(order: SentOrder): Promise<void> {
    order.isRepeat = true;
    order.sent.value = { kind: "sending" };
    await this.#send(order);
  }

  async cancel(order: OwnOrder): Promise<void> {
    const ask = { method: "DELETE", query: { wait: "result" } } as const;
    await this.#change(order, "canceling…", () => this.#parts.client.ask<Settled>(pathOf(order), ask));
  }

  /** Null: it was taken. */
  async replace(order: OwnOrder, quantity: string, price: string): Promise<Problem | null> {
    const ask = { method: "PATCH", query: { wait: "result" }, body: { quantity, price } } as const;
    return await this.#change(order, "changing…", () => this.#parts.client.ask<Settled>(pathOf(order), ask));
  }

  /** All, or those of one asset. */
  async cancelAll(asset: string | null): Promise<void> {
    const ask = { method: "DELETE", query: { asset: asset ?? undefined } } as const;
    const outcome = await this.#parts.client.ask<{ assets: readonly { asset: string; text?: string }[] }>(
      "/v1/orders",
      ask,
    );
    const refused = outcome.ok ? outcome.body.assets.filter(({ text }) => text !== undefined) : [];
    this.problem.value = outcome.ok
      ? refused.map((one) => `${one.asset}: ${one.text}`).join("; ")
      : `Not all may be cancelled: ${problemText(outcome.problem)}`;
  }

  onReport(report: ReportJson): void {
    const order = this.sent.value.find(({ clientOrderId }) => clientOrderId === report.clientOrderId);
    if (order === undefined) return;
    const said = afterReport(order.isRepeat, report);
    if (said !== null) order.sent.value = said;
  }

  forget(): void {
    this.sent.value = [];
    this.underWay.value = new Map();
    this.problem.value = "";
  }

  async #send(order: SentOrder): Promise<Sent> {
    const { client } = this.#parts;
    return await this.#untilKnown(
      () => client.ask<Acknowledged>("/v1/orders", { method: "POST", body: order.body }),
      (sent) => {
        if (sent.kind === "again") order.isRepeat = true;
        // A report may be faster than the answer, and says more.
        if (order.sent.value.kind !== "done") order.sent.value = sent;
      },
    );
  }

  async #untilKnown(ask: () => Promise<Outcome<Acknowledged>>, tell: (sent: Sent) => void): Promise<Sent> {
    const { nowUs, pause } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      const startedUs = nowUs();
      const sent = afterAnswer(attempt, await ask(), nowUs() - startedUs);
      tell(sent);
      if (sent.kind !== "again") return sent;
      await pause(sent.afterMs);
    }
  }

  /** Cancels and replaces may be sent again, too: a second one changes nothing. */
  async #change(order: OwnOrder, words: string, ask: () => Promise<Outcome<Settled>>): Promise<Problem | null> {
    this.#setUnderWay(order.key, words);
    this.problem.value = "";
    let rejected = "";
    const sent = await this.#untilKnown(
      async () => {
        const outcome = await ask();
        rejected = outcome.ok ? rejectionIn(outcome.body) : "";
        return outcome;
      },
      (told) => told.kind === "again" && this.#setUnderWay(order.key, `${words} ${told.text}`),
    );
    this.#setUnderWay(order.key, null);
    if (sent.kind === "refused") return this.#said(order, sent.problem);
    if (sent.kind === "open") return this.#said(order, { ...UNKNOWN, text: sent.text });
    return rejected === "" ? null : this.#said(order, { ...UNKNOWN, text: rejected });
  }

  #said({ asset, orderId }: OwnOrder, problem: Problem): Problem {
    this.problem.value = `${asset} ${orderId ?? ""}: ${problemText(problem)}`;
    return problem;
  }

  #setUnderWay(key: string, words: string | null): void {
    const next = new Map(this.underWay.value);
    if (words === null) next.delete(key);
    else next.set(key, words);
    this.underWay.value = next;
  }
}

const UNKNOWN = { code: 0, name: "", status: 0 };

function pathOf({ asset, orderId }: OwnOrder): string {
  return `/v1/orders/${encodeURIComponent(asset)}/${orderId ?? 0}`;
}

/** What the exchange decided after the log; "": it was done. */
function rejectionIn({ reports = [] }: Settled): string {
  const { event = "", reason = "" } = reports.at(-1) ?? {};
  return event.endsWith("_rejected") ? `${event.replaceAll("_", " ")}: ${reason.replaceAll("_", " ")}` : "";
}
