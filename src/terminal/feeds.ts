/** What the program follows at the notifier: each channel with what its events add up to. What happens is told as lines. */
import type { Asset } from "../shared/subscriber/asset.js";
import { type BalanceJson, Balances } from "../shared/subscriber/balances.js";
import type { Connection, Refused, Wanted } from "../shared/subscriber/connection.js";
import { DepthBook, type DepthDelta, type DepthSnapshot } from "../shared/subscriber/depth-book.js";
import { type OpenOrdersPage, OwnOrders, type ReportJson } from "../shared/subscriber/own-orders.js";
import { Tape, type Trade } from "../shared/subscriber/tape.js";
import { balanceLine, depthLine, reportLine, type StatusJson, statusLine, tradeLine } from "./event-lines.js";

/** `public` is everybody's, `note` about the connections; the others are the account's, and none of them may be lost. */
export type LineKind = "public" | "report" | "balance" | "note";

export interface FeedParts {
  readonly connection: Pick<Connection, "follow" | "again" | "ask">;
  /** Takes a line about what happened. */
  readonly tell: (kind: LineKind, line: string) => void;
  /** What is shown has changed. */
  readonly changed: () => void;
}

/** Trades and levels that are kept: more than a screen has. */
const TRADES_MAX = 200;
const LEVELS_MAX = 100;
const ENDED_ORDERS_MAX = 20;

export abstract class Feed implements Wanted {
  abstract readonly channel: string;
  /** Why there is nothing to show, or why it is old; null: it is what the server has. */
  note: string | null = "waiting for the server";
  protected readonly parts: FeedParts;
  #end: (() => void) | null = null;

  constructor(parts: FeedParts) {
    this.parts = parts;
  }

  begin(): void {
    this.end();
    this.#end = this.parts.connection.follow(this);
  }

  end(): void {
    this.#end?.();
    this.#end = null;
  }

  onAnswer(answer: object): boolean {
    this.note = null;
    const problem = this.take(answer);
    if (problem !== null) this.#say(problem);
    this.parts.changed();
    return problem === null;
  }

  onRefused({ code, text }: Refused): void {
    this.#say(`${code}: ${text}`);
    this.parts.changed();
  }

  onEvent(payload: unknown): void {
    const problem = this.change(payload);
    if (problem !== null) {
      this.#say(problem);
      this.parts.connection.again(this);
    }
    this.parts.changed();
  }

  #say(problem: string): void {
    this.note = problem;
    this.parts.tell("note", `${this.channel}: ${problem}`);
  }

  abstract request(): object;
  /** Takes the answer to `subscribe`; returns why it is of no use. */
  protected abstract take(answer: object): string | null;
  /** Takes an event; returns why the channel must be read again. */
  protected abstract change(payload: unknown): string | null;
}

export class TradesFeed extends Feed {
  readonly channel = "trades";
  readonly tape = new Tape(TRADES_MAX);
  readonly #asset: string;

  constructor(parts: FeedParts, asset: string) {
    super(parts);
    this.#asset = asset;
  }

  override request(): object {
    return { channel: this.channel, asset: this.#asset };
  }

  /** After a long absence trades are missing before the answer's first: they are in the past, as those before the start. */
  protected override take(answer: object): null {
    this.#show((answer as { trades: readonly Trade[] }).trades);
    return null;
  }

  protected override change(payload: unknown): string | null {
    const { asset, trades } = payload as { asset: string; trades: readonly Trade[] };
    if (asset !== this.#asset) return null;
    // After a gap they wait for the answer, which has those before them, too.
    const last = this.tape.at(0)?.tradeId ?? 0;
    if (last !== 0 && (trades[0]?.tradeId ?? 0) > last + 1) return "trades are missing: reading them again";
    this.#show(trades);
    return null;
  }

  #show(trades: readonly Trade[]): void {
    const last = this.tape.at(0)?.tradeId ?? 0;
    this.tape.take(trades);
    for (const trade of trades) if (trade.tradeId > last) this.parts.tell("public", tradeLine(this.#asset, trade));
  }
}

export class DepthFeed extends Feed {
  readonly channel = "depth";
  readonly book: DepthBook;

  constructor(parts: FeedParts, asset: Asset) {
    super(parts);
    this.book = new DepthBook(asset, LEVELS_MAX);
  }

  override request(): object {
    return { channel: this.channel, asset: this.book.asset.name, depth: LEVELS_MAX };
  }

  protected override take(answer: object): string | null {
    if (!this.book.begin(answer as DepthSnapshot)) return "the checksum of the book is wrong: reading it again";
    this.parts.tell("public", depthLine(this.book));
    return null;
  }

  protected override change(payload: unknown): string | null {
    const delta = payload as DepthDelta & { readonly asset: string };
    if (delta.asset !== this.book.asset.name || this.book.sequence === null) return null;
    const applied = this.book.apply(delta);
    if (applied === "applied") this.parts.tell("public", depthLine(this.book));
    return applied === "gap" || applied === "mismatch" ? `the book is behind (${applied}): reading it again` : null;
  }
}

export class StatusFeed extends Feed {
  readonly channel = "status";
  readonly #asset: string;
  /** Null: it is not known yet. */
  status: StatusJson | null = null;

  constructor(parts: FeedParts, asset: string) {
    super(parts);
    this.#asset = asset;
  }

  override request(): object {
    return { channel: this.channel };
  }

  protected override take(answer: object): null {
    for (const status of (answer as { statuses: readonly StatusJson[] }).statuses) this.change(status);
    return null;
  }

  protected override change(payload: unknown): null {
    const status = payload as StatusJson;
    if (status.asset !== this.#asset) return null;
    const isNews = this.status?.state !== status.state || this.status.why !== status.why;
    this.status = status;
    if (isNews) this.parts.tell("public", statusLine(status));
    return null;
  }
}

/** Own reports from now on, resumed after each interruption with what is there, and the open orders. */
export class OrdersFeed extends Feed {
  readonly channel = "orders";
  #orders = new OwnOrders(ENDED_ORDERS_MAX);

  /** Another account's come. */
  forget(): void {
    this.#orders = new OwnOrders(ENDED_ORDERS_MAX);
  }

  get open(): ReadonlyMap<string, ReportJson> {
    return this.#orders.open;
  }

  override request(): object {
    const from = this.#orders.sequence;
    return from === null ? { channel: this.channel } : { channel: this.channel, from };
  }

  /** A `from` that the server has not reached: its books were begun anew, and so are ours. */
  override onRefused(why: Refused): void {
    super.onRefused(why);
    if (why.code !== "MALFORMED_MESSAGE" || this.#orders.sequence === null) return;
    this.forget();
    this.parts.connection.again(this);
  }

  protected override take(answer: object): null {
    const page = answer as OpenOrdersPage;
    this.#orders.begin(page.accountSequence, page);
    if (page.next !== undefined) void this.#readOn(this.#orders, page.next);
    return null;
  }

  protected override change(payload: unknown): string | null {
    for (const report of (payload as { reports: readonly ReportJson[] }).reports) {
      const last = this.#orders.sequence;
      // Reports follow the answer.
      if (last === null) return null;
      if (!this.#orders.take(report, null)) return "reports are missing: reading them again";
      if ((report.accountSequence ?? 0) > last) this.parts.tell("report", reportLine(report));
    }
    return null;
  }

  async #readOn(orders: OwnOrders, first: string): Promise<void> {
    let next: string | undefined = first;
    while (next !== undefined && orders === this.#orders) {
      const answer = await this.parts.connection.ask({ channel: this.channel, next });
      if (!answer.ok) {
        this.note = `open orders are missing here: ${answer.text}`;
        return this.parts.changed();
      }
      const page = answer as unknown as OpenOrdersPage;
      orders.takePage(page);
      next = page.next;
      this.parts.changed();
    }
  }
}

export class BalancesFeed extends Feed {
  readonly channel = "balances";
  readonly balances = new Balances();

  override request(): object {
    return { channel: this.channel };
  }

  protected override take(answer: object): null {
    this.balances.begin((answer as { balances: readonly BalanceJson[] }).balances);
    return null;
  }

  protected override change(payload: unknown): null {
    const balance = payload as BalanceJson;
    this.balances.take(balance);
    this.parts.tell("balance", balanceLine(balance));
    return null;
  }
}
