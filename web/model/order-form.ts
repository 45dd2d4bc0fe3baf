/** The order that is being written: what it would cost, what the server says of it, and sending it. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Asset } from "../../src/shared/subscriber/asset.js";
import type { GatewayClient } from "../feed/gateway-client.js";
import { type AssetTerms, type Circumstances, type Cost, costOf, partOfBalance } from "../state/order-cost.js";
import { bodyOf, type Draft, EMPTY_DRAFT, type Field, missingIn, orderWords } from "../state/order-draft.js";
import { type Problem, problemText } from "../state/problem.js";
import { newClientOrderId } from "../state/sent-order.js";
import type { AccountBalances } from "./account-balances.js";
import type { Book } from "./book.js";
import type { MarketRow } from "./markets.js";
import type { Requests } from "./requests.js";

/** How long nobody types before the server is asked. */
const CHECK_AFTER_MS = 350;

interface AssetsAnswer {
  readonly assets: readonly (Omit<AssetTerms, "quoteDecimals" | "baseDecimals"> & {
    readonly base: string;
    readonly quote: string;
  })[];
  readonly currencies: readonly { readonly currency: string; readonly decimals: number }[];
}

/** What it needs of the page. */
export interface OrderFormPage {
  readonly asset: ReadonlySignal<Asset | null>;
  readonly markets: ReadonlySignal<readonly Pick<MarketRow, "asset" | "last">[]>;
  readonly balances: Pick<AccountBalances, "all">;
  readonly book: Pick<Book, "asks" | "bids" | "verified" | "side">;
  /** Null: nobody is logged in, and nothing is asked. */
  readonly who: ReadonlySignal<object | null>;
}

export interface OrderFormParts {
  readonly page: OrderFormPage;
  readonly client: Pick<GatewayClient, "ask">;
  readonly requests: Requests;
  readonly pause: (ms: number) => Promise<void>;
  readonly randomBytes: () => Uint8Array;
}

export class OrderForm {
  readonly draft: Signal<Draft> = signal(EMPTY_DRAFT);
  /** By field; "": of no field in particular. */
  readonly problems: Signal<ReadonlyMap<Field | "", string>> = signal(new Map());
  /** What the server says of it as it is; "": nothing yet. */
  readonly verdict: Signal<"" | "checking" | "valid" | "refused"> = signal("");
  readonly isSending = signal(false);
  readonly cost: ReadonlySignal<Cost | null>;
  readonly #parts: OrderFormParts;
  readonly #terms: Signal<ReadonlyMap<string, AssetTerms>> = signal(new Map());
  #checks = 0;

  constructor(parts: OrderFormParts) {
    this.#parts = parts;
    this.cost = computed(() => {
      const circumstances = this.#circumstances();
      return circumstances === null ? null : costOf(this.draft.value, circumstances);
    });
    // Another asset, other prices.
    effect(() => {
      parts.page.asset.value;
      this.clear();
    });
  }

  /** Reads fees and limits; they change only when the gateway starts anew. */
  async readTerms(): Promise<void> {
    const outcome = await this.#parts.client.ask<AssetsAnswer>("/v1/assets");
    if (!outcome.ok) return;
    const decimals = new Map(outcome.body.currencies.map(({ currency, decimals }) => [currency, decimals]));
    this.#terms.value = new Map(
      outcome.body.assets.map((one) => [
        one.asset,
        { ...one, quoteDecimals: decimals.get(one.quote) ?? 0, baseDecimals: decimals.get(one.base) ?? 0 },
      ]),
    );
  }

  /** Null: it is not known (yet). */
  termsOf(asset: string): AssetTerms | null {
    return this.#terms.value.get(asset) ?? null;
  }

  set(change: Partial<Draft>): void {
    this.draft.value = { ...this.draft.value, ...change };
    this.problems.value = new Map();
    void this.#check();
  }

  /** Empties what was typed, and keeps what was chosen. */
  clear(): void {
    const { side, kind, by, timeInForce, selfTradePrevention } = this.draft.peek();
    this.draft.value = { ...EMPTY_DRAFT, side, kind, by, timeInForce, selfTradePrevention };
    this.problems.value = new Map();
    this.verdict.value = "";
    this.#checks++;
  }

  fillPart(percent: number): void {
    const circumstances = this.#circumstances();
    const part = circumstances === null ? null : partOfBalance(this.draft.value, circumstances, percent);
    if (part !== null) this.set({ [part.field]: part.text });
    else this.problems.value = new Map([["", "A part of the balance needs a price first"]]);
  }

  /** The best price of the side that the order would trade with. */
  fillBest(): void {
    const { asks, bids } = this.#parts.page.book;
    const [best] = this.draft.value.side === "buy" ? asks : bids;
    const price = best?.price.value.replaceAll(",", "") ?? "";
    if (price !== "") this.set({ price });
  }

  /** A level of the book was chosen. */
  fillPrice(price: string): void {
    const { kind } = this.draft.value;
    this.set(kind === "stop_market" ? { stopPrice: price } : { price, ...(kind === "market" && { kind: "limit" }) });
  }

  async submit(): Promise<void> {
    const asset = this.#parts.page.asset.value;
    const draft = this.draft.value;
    const missing = missingIn(draft);
    this.#checks++;
    if (asset === null || this.isSending.value) return;
    if (missing.length > 0) {
      this.problems.value = new Map(missing.map((field) => [field, "is needed"]));
      return;
    }
    this.isSending.value = true;
    const body = bodyOf(draft, asset.name, newClientOrderId(this.#parts.randomBytes()));
    const sent = await this.#parts.requests.place(orderWords(draft, asset.name, asset.quote), body);
    this.isSending.value = false;
    if (sent.kind === "refused") this.#refused(sent.problem);
    else if (this.draft.value === draft) this.set({ quantity: "", quoteBudget: "" });
  }

  /** Asks the server what it would say, once nobody has typed for a moment. */
  async #check(): Promise<void> {
    const check = ++this.#checks;
    this.verdict.value = "";
    await this.#parts.pause(CHECK_AFTER_MS);
    const asset = this.#parts.page.asset.value;
    const draft = this.draft.value;
    if (check !== this.#checks || asset === null || this.#parts.page.who.value === null) return;
    if (missingIn(draft).length > 0) return;
    this.verdict.value = "checking";
    if (this.#terms.value.size === 0) await this.readTerms();
    const body = bodyOf(draft, asset.name, newClientOrderId(this.#parts.randomBytes()));
    const ask = { method: "POST", query: { validate: 1 }, body } as const;
    const outcome = await this.#parts.client.ask<{ valid: boolean }>("/v1/orders", ask);
    if (check !== this.#checks) return;
    if (outcome.ok) this.verdict.value = "valid";
    else this.#refused(outcome.problem);
  }

  #refused(problem: Problem): void {
    this.verdict.value = "refused";
    this.problems.value = new Map([[(problem.field ?? "") as Field | "", problemText(problem)]]);
  }

  #circumstances(): Circumstances | null {
    const { page } = this.#parts;
    const asset = page.asset.value;
    const terms = asset === null ? undefined : this.#terms.value.get(asset.name);
    if (asset === null || terms === undefined) return null;
    const draft = this.draft.value;
    // Of a market order the book matters, as it is now.
    if (draft.kind === "market") page.book.verified.value;
    const of = (currency: string) => page.balances.all.value.find((one) => one.currency === currency)?.available ?? "0";
    const row = page.markets.value.find((market) => market.asset === asset);
    return {
      asset,
      terms,
      book: page.book.side(draft.side === "buy" ? "asks" : "bids"),
      lastPrice: row?.last.value.replaceAll(",", "") || null,
      available: { quote: of(asset.quote), base: of(asset.base) },
    };
  }
}
