/** Follows an asset and, with a key, its account; sends typed lines to the order-handler; tells all of it to an output. */
import type { Asset } from "../shared/subscriber/asset.js";
import { Connection, type Key, type Refused } from "../shared/subscriber/connection.js";
import type { Health } from "../shared/subscriber/liveness.js";
import { OrderSession, type SessionState } from "../shared/trader/order-session.js";
import type { Places } from "./config.js";
import { shownRequest } from "./event-lines.js";
import { BalancesFeed, DepthFeed, type Feed, type LineKind, OrdersFeed, StatusFeed, TradesFeed } from "./feeds.js";
import { problemOf } from "./problem.js";
import { loginOf, refusalOf } from "./typed-line.js";
import type { View } from "./view.js";

/** A screen, or lines. */
export interface Output {
  /** Takes what happened; `request` was typed, `response` is its answer. */
  tell(kind: LineKind | "request" | "response", line: string): void;
  /** What is shown has changed. */
  changed(): void;
}

/** Lines that may be typed before the first login is answered. */
const EARLY_LINES_MAX = 1_000;

export class Watch {
  /** Resolves when QUIT was answered, or nobody can answer it. */
  readonly ended: Promise<void>;
  readonly #places: Places;
  readonly #asset: Asset;
  readonly #output: Output;
  readonly #connection: Connection;
  readonly #feeds: {
    readonly trades: TradesFeed;
    readonly depth: DepthFeed;
    readonly status: StatusFeed;
    readonly orders: OrdersFeed;
    readonly balances: BalancesFeed;
  };
  #keyId: string | null = null;
  #session: OrderSession | null = null;
  #early: string[] = [];
  #health: Health = "connecting";
  #end: () => void = () => undefined;

  constructor(places: Places, asset: Asset, key: Key | null, output: Output) {
    this.#places = places;
    this.#asset = asset;
    this.#output = output;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const events = {
      onHealth: (health: Health) => this.#onHealth(health),
      onKeyRefused: (why: Refused) => this.#onKeyRefused(why),
      onLagged: (text: string) => output.tell("note", `notifier: lagged: ${text}`),
      onEvent: (channel: string, payload: unknown) => this.#onEvent(channel, payload),
    };
    this.#connection = new Connection(places.notifierUrl, events, key);
    const tell = output.tell.bind(output);
    const parts = { connection: this.#connection, tell, changed: () => output.changed() };
    this.#feeds = {
      trades: new TradesFeed(parts, asset.name),
      depth: new DepthFeed(parts, asset),
      status: new StatusFeed(parts, asset.name),
      orders: new OrdersFeed(parts),
      balances: new BalancesFeed(parts),
    };
    for (const feed of [this.#feeds.status, this.#feeds.trades, this.#feeds.depth]) feed.begin();
    if (key !== null) this.#trade(key);
  }

  /** Takes a line of the text dialect; LOGIN and QUIT are about this program's session, too. */
  type(line: string): void {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) return;
    if (this.#session?.state.kind === "connecting" && this.#early.length < EARLY_LINES_MAX) {
      this.#early.push(text);
      return;
    }
    this.#output.tell("request", shownRequest(text));
    const login = loginOf(text);
    if (login !== null) this.#logIn(login);
    else if (/^quit$/i.test(text) && this.#session?.state.kind !== "open") this.#end();
    else this.#send(text);
  }

  /** Ends the subscriptions and the session. Requests that are not answered yet are in the order log, or not. */
  close(): void {
    this.#connection.close();
    this.#session?.close();
  }

  view(messages: readonly string[], typed: View["typed"]): View {
    const { trades, depth, status, orders, balances } = this.#feeds;
    return {
      asset: this.#asset,
      state: status.status?.state ?? null,
      bids: depth.book.bids,
      asks: depth.book.asks,
      bookNote: depth.note,
      tape: trades.tape,
      tapeNote: trades.note,
      account:
        this.#keyId === null
          ? null
          : {
              keyId: this.#keyId,
              openOrders: orders.open,
              balances: balances.balances.all,
              note: orders.note ?? balances.note,
            },
      problem: problemOf(this.#health, this.#session?.state ?? null),
      connection: this.#health,
      messages,
      typed: { ...typed, text: shownRequest(typed.text) },
    };
  }

  #logIn(key: Key): void {
    this.#leave();
    this.#connection.useKey(key);
    this.#trade(key);
  }

  #trade(key: Key): void {
    this.#keyId = key.keyId;
    this.#feeds.orders.begin();
    this.#feeds.balances.begin();
    this.#session = new OrderSession(this.#places.orderHandler, key, {
      onState: (state) => this.#onSession(state),
      onResponse: (response, line) => this.#onResponse(response, line),
      onUnanswered: (line) => this.#onUnanswered(line),
    });
    this.#output.changed();
  }

  #leave(): void {
    this.#keyId = null;
    this.#session?.close();
    this.#session = null;
    this.#feeds.orders.end();
    this.#feeds.balances.end();
    this.#feeds.orders.forget();
  }

  #send(text: string): void {
    const why =
      refusalOf(text) ?? (this.#session === null ? "LOGIN <key-id> <secret> comes first" : this.#session.send(text));
    if (why !== null) this.#output.tell("response", `not sent: ${why}`);
  }

  #onSession(state: SessionState): void {
    const { host, port } = this.#places.orderHandler;
    const name = `order handler ${host}:${port}`;
    if (state.kind === "open") this.#output.tell("note", `${name}: logged in as ${this.#keyId}`);
    else if (state.kind === "refused") this.#output.tell("note", `${name}: ${state.text}`);
    else if (state.kind === "away") this.#output.tell("note", `${name}: away (${state.text}), trying again`);
    for (const line of this.#early.splice(0)) this.type(line);
    this.#output.changed();
  }

  #onResponse(response: string, line: string | null): void {
    this.#output.tell("response", response);
    if (line !== null && /^quit$/i.test(line)) this.#end();
  }

  #onUnanswered(line: string): void {
    if (/^quit$/i.test(line)) this.#end();
    else
      this.#output.tell(
        "response",
        `no response to ${shownRequest(line)}: the order log has it, or not; your orders and reports say`,
      );
  }

  #onHealth(health: Health): void {
    this.#health = health;
    const { notifierUrl } = this.#places;
    const what = { connecting: "connecting", live: "live", stale: "silent", gone: "gone, trying again" }[health];
    this.#output.tell("note", `notifier ${notifierUrl}: ${what}`);
    this.#output.changed();
  }

  #onKeyRefused({ code, text }: Refused): void {
    this.#output.tell("note", `key ${this.#keyId}: ${code}: ${text}`);
    this.#leave();
    for (const line of this.#early.splice(0)) this.type(line);
    this.#output.changed();
  }

  #onEvent(channel: string, payload: unknown): void {
    const feeds: readonly Feed[] = Object.values(this.#feeds);
    feeds.find((feed) => feed.channel === channel)?.onEvent(payload);
  }
}
