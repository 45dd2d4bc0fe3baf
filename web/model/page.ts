/** All that the page shows: one connection, its channels, the asset that is looked at, and whose account it is. */
import { type Signal, signal } from "@preact/signals";
import type { Asset } from "../../src/shared/subscriber/asset.js";
import { Connection, type Credentials, type Key, type TokenSource } from "../../src/shared/subscriber/connection.js";
import type { Health } from "../../src/shared/subscriber/liveness.js";
import { forgetKey, keepKey, keptKey } from "../feed/kept-key.js";
import { keepLayout, keptLayout, type Layout } from "../feed/kept-layout.js";
import { AccountBalances } from "./account-balances.js";
import { Book } from "./book.js";
import { Candles } from "./candles.js";
import type { Channel, Parts } from "./channel.js";
import { Frames, type RequestFrame } from "./frames.js";
import { type MarketRow, marketRow, Statuses, Ticker } from "./markets.js";
import type { OrderLines } from "./order-lines.js";
import { Orders } from "./orders.js";
import { Trades } from "./trades.js";
import type { Who } from "./who.js";

export const LAYOUTS: Readonly<Record<Layout, string>> = {
  balanced: "Balanced",
  chart: "Large chart",
  book: "Book and orders",
};

/** A token that is refused so soon after another is refused for good. */
const RENEWED_FOR_US = 10_000_000;
const RENEW_AGAIN_MS = 2_000;

export class Page {
  readonly health: Signal<Health> = signal("connecting");
  /** What the server said last when it cut the connection; "": nothing. */
  readonly lagged = signal("");
  readonly markets: Signal<readonly MarketRow[]> = signal([]);
  readonly statuses: Signal<Statuses | null> = signal(null);
  /** The tickers' state is that of the first one: they come and go together. */
  readonly ticker: Signal<Ticker | null> = signal(null);
  /** The asset that is looked at; null: none is known yet. */
  readonly asset: Signal<Asset | null> = signal(null);
  /** What gets the most room where there is much; narrow screens have one order. */
  readonly layout: Signal<Layout> = signal(keptLayout());
  /** Null: nobody is logged in. */
  readonly who: Signal<Who | null> = signal(null);
  /** Where the gateway is, which takes orders; null: not known, or there is none. */
  readonly gatewayUrl: Signal<string | null> = signal(null);
  /** Takes the price of a level that somebody chose; null: nobody can trade here. */
  readonly choosePrice: Signal<((price: string) => void) | null> = signal(null);
  /** The own orders' lines in the chart; null: nobody can trade here. */
  readonly orderLines: Signal<OrderLines | null> = signal(null);
  /** Why the last key was refused; "": it was not. */
  readonly keyProblem = signal("");
  readonly frames: Frames;
  readonly nowUs: () => number;
  readonly trades: Trades;
  readonly book: Book;
  readonly candles: Candles;
  readonly orders: Orders;
  readonly balances: AccountBalances;
  readonly #connection: Connection;
  readonly #parts: Parts;
  readonly #channels: Map<string, readonly Channel[]>;
  #renewedAtUs = 0;

  constructor({ requestFrame, nowUs }: { requestFrame: RequestFrame; nowUs: () => number }) {
    const key = keptKey();
    this.frames = new Frames(requestFrame);
    this.nowUs = nowUs;
    this.#connection = new Connection(
      location.origin,
      {
        onHealth: (health) => this.#onHealth(health),
        onKeyRefused: ({ code, text }) => this.#onKeyRefused(`${code}: ${text}`),
        onLagged: (text) => {
          this.lagged.value = text;
        },
        onEvent: (name, payload) => {
          for (const channel of this.#channels.get(name) ?? []) channel.onEvent(payload);
        },
      },
      key,
    );
    const parts = { connection: this.#connection, frames: this.frames, nowUs };
    this.#parts = parts;
    this.trades = new Trades(parts);
    this.book = new Book(parts);
    this.candles = new Candles(parts);
    this.orders = new Orders(parts);
    this.balances = new AccountBalances(parts);
    this.#channels = new Map<string, readonly Channel[]>([
      ["trades", [this.trades]],
      ["depth", [this.book]],
      ["candles", [this.candles]],
      ["orders", [this.orders]],
      ["balances", [this.balances]],
    ]);
    if (key !== null) this.#watchAccount(whoseKey(key));
  }

  know(assets: readonly Asset[]): void {
    const rows = assets.map(marketRow);
    const tickers = rows.map((row) => new Ticker(this.#parts, row));
    const statuses = new Statuses(this.#parts, rows);
    this.#channels.set("ticker", tickers).set("status", [statuses]);
    this.markets.value = rows;
    this.statuses.value = statuses;
    this.ticker.value = tickers[0] ?? null;
    const [first] = assets;
    if (this.asset.value === null && first !== undefined) this.look(first);
  }

  layOut(layout: Layout): void {
    this.layout.value = layout;
    keepLayout(layout);
  }

  look(asset: Asset): void {
    this.asset.value = asset;
    this.book.watch(asset);
    this.trades.watch(asset.name);
    this.candles.watch(asset);
  }

  /** `isKept`: its owner wants it to outlive a reload, in this tab. */
  logIn(key: Key, isKept: boolean): void {
    if (isKept) keepKey(key);
    else forgetKey();
    this.#use(whoseKey(key), key);
  }

  /** A person has signed in: the gateway gave tokens. */
  signIn(name: string, tokens: TokenSource): void {
    forgetKey();
    this.#use({ kind: "person", name, tokens }, tokens);
  }

  logOut(): void {
    this.#leaveAccount();
    this.#connection.useKey(null);
  }

  #use(who: Who, credentials: Credentials): void {
    this.keyProblem.value = "";
    this.#connection.useKey(credentials);
    this.#watchAccount(who);
  }

  #watchAccount(who: Who): void {
    this.who.value = who;
    this.orders.watch();
    this.balances.watch();
  }

  #leaveAccount(): void {
    forgetKey();
    this.who.value = null;
    this.orders.end();
    this.balances.end();
  }

  /** A token may just have been too old: then the connection is made with the next one, and nothing that is known is forgotten. */
  #onKeyRefused(problem: string): void {
    const who = this.who.value;
    const nowUs = this.#parts.nowUs();
    if (who?.kind === "person" && nowUs - this.#renewedAtUs > RENEWED_FOR_US) {
      this.#renewedAtUs = nowUs;
      void this.#renew(who);
      return;
    }
    this.keyProblem.value = problem;
    this.#leaveAccount();
  }

  /** Until there is a token, or the gateway says that there is none any more, which signs out. */
  async #renew(who: Extract<Who, { kind: "person" }>): Promise<void> {
    while (this.who.value === who) {
      const isRenewed = await who.tokens.renew();
      if (isRenewed && this.who.value === who) return this.#connection.useKey(who.tokens);
      await new Promise((resolve) => setTimeout(resolve, RENEW_AGAIN_MS));
    }
  }

  #onHealth(health: Health): void {
    this.health.value = health;
    if (health === "live") this.lagged.value = "";
  }
}

function whoseKey(key: Key): Who {
  return { kind: "key", name: key.keyId, key };
}
