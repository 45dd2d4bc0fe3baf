/** All that the page shows: one connection, its channels, the asset that is looked at, and whose account it is. */
import { type Signal, signal } from "@preact/signals";
import type { Asset } from "../../src/shared/subscriber/asset.js";
import { Connection, type Key } from "../../src/shared/subscriber/connection.js";
import type { Health } from "../../src/shared/subscriber/liveness.js";
import { forgetKey, keepKey, keptKey } from "../feed/kept-key.js";
import { AccountBalances } from "./account-balances.js";
import { Book } from "./book.js";
import { Candles } from "./candles.js";
import type { Channel, Parts } from "./channel.js";
import { Frames, type RequestFrame } from "./frames.js";
import { type MarketRow, marketRow, Statuses, Ticker } from "./markets.js";
import { Orders } from "./orders.js";
import { Trades } from "./trades.js";

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
  /** The key in use; null: nobody is logged in. */
  readonly keyId: Signal<string | null> = signal(null);
  /** Why the last key was refused; "": it was not. */
  readonly keyProblem = signal("");
  readonly frames: Frames;
  readonly trades: Trades;
  readonly book: Book;
  readonly candles: Candles;
  readonly orders: Orders;
  readonly balances: AccountBalances;
  readonly #connection: Connection;
  readonly #parts: Parts;
  readonly #channels: Map<string, readonly Channel[]>;

  constructor({ requestFrame, nowUs }: { requestFrame: RequestFrame; nowUs: () => number }) {
    const key = keptKey();
    this.frames = new Frames(requestFrame);
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
    if (key !== null) this.#watchAccount(key);
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
    this.keyProblem.value = "";
    this.#connection.useKey(key);
    this.#watchAccount(key);
  }

  logOut(): void {
    this.#leaveAccount();
    this.#connection.useKey(null);
  }

  #watchAccount({ keyId }: Key): void {
    this.keyId.value = keyId;
    this.orders.watch();
    this.balances.watch();
  }

  #leaveAccount(): void {
    forgetKey();
    this.keyId.value = null;
    this.orders.end();
    this.balances.end();
  }

  #onKeyRefused(problem: string): void {
    this.keyProblem.value = problem;
    this.#leaveAccount();
  }

  #onHealth(health: Health): void {
    this.health.value = health;
    if (health === "live") this.lagged.value = "";
  }
}
