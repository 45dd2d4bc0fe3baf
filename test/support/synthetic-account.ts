/**
 * An account that trades in a made-up market (synthetic-market.ts): what its owner's page is told of it, and what a gateway answers
 * that page. Its orders rest for a while and are filled, for ever.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

const ASSET = "BTC-USD";
/** Orders that are open at the same time. */
const OPEN = 10;
/** Reports that a page may still ask for. */
const KEPT = 200;

const GATEWAY: Readonly<Record<string, object>> = {
  "/v1/assets": {
    assets: [
      {
        ...{ asset: ASSET, base: "BTC", quote: "USD", makerFeeBps: 10, takerFeeBps: 20 },
        ...{ priceCollarPercent: null, referencePrice: null },
      },
    ],
    currencies: [
      { currency: "BTC", decimals: 8 },
      { currency: "USD", decimals: 6 },
    ],
  },
};

interface Report {
  readonly accountSequence: number;
  readonly orderId: number;
  readonly status: string;
}

export class SyntheticAccount {
  readonly #open = new Map<number, Report>();
  readonly #reports: Report[] = [];
  #sequence = 0;
  #lastOrderId = 0;

  /** The answer to a subscription, and the reports that follow it; null: it is not one of an account's channels. */
  answer(channel: string, from: number): { readonly answer: object; readonly reports: readonly object[] } | null {
    if (channel === "balances") return { answer: { balances: [this.balance()] }, reports: [] };
    if (channel !== "orders") return null;
    return {
      answer: { accountSequence: this.#sequence, openOrders: [...this.#open.values()] },
      reports: this.#reports.filter(({ accountSequence }) => accountSequence > from),
    };
  }

  /** What becomes of it next: an order comes in, or the oldest one is filled. */
  nextReport(): object {
    const isFill = this.#open.size >= OPEN;
    const orderId = isFill ? Math.min(...this.#open.keys()) : ++this.#lastOrderId;
    const atUs = Date.now() * 1_000;
    const report = {
      ...{ accountSequence: ++this.#sequence, asset: ASSET, orderId, clientOrderId: `web-${orderId}`, side: "buy" },
      ...{
        type: "limit",
        timeInForce: "GTC",
        price: "63990.00",
        quantity: "0.1",
        receivedAtUs: atUs,
        matchedAtUs: atUs,
      },
      ...(isFill
        ? {
            ...{ event: "trade", status: "filled", filledQuantity: "0.1", leavesQuantity: "0", liquidity: "maker" },
            ...{ lastPrice: "63990.00", lastQuantity: "0.1", fee: "6.39", feeCurrency: "USD" },
          }
        : { event: "accepted", status: "open", filledQuantity: "0", leavesQuantity: "0.1" }),
    };
    if (isFill) this.#open.delete(orderId);
    else this.#open.set(orderId, report);
    this.#reports.push(report);
    if (this.#reports.length > KEPT) this.#reports.shift();
    return report;
  }

  balance(): object {
    return { currency: "USD", available: `${100_000 + (this.#sequence % 1_000)}.00`, held: "6399.00" };
  }

  /** Answers as a gateway, as far as a page asks by itself. False: it is another's request. */
  handle({ url = "" }: IncomingMessage, response: ServerResponse): boolean {
    const { pathname } = new URL(url, "http://page.invalid");
    if (!/^\/(v1|api)\//.test(pathname)) return false;
    response.setHeader("content-type", "application/json").end(JSON.stringify(GATEWAY[pathname] ?? {}));
    return true;
  }
}
