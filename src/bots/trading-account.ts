/** An account of a bot at the public ports: a session at the order-handler, and its own orders from the notifier. */
import { nowEpochMs } from "../shared/process/clock.js";
import { hasBecome } from "../shared/process/waits.js";
import type { Asset } from "../shared/subscriber/asset.js";
import { Connection, type Key, type Refused, type Wanted } from "../shared/subscriber/connection.js";
import { type OpenOrdersPage, OwnOrders, type ReportJson } from "../shared/subscriber/own-orders.js";
import { type OrderHandlerPlace, OrderSession, type SessionState } from "../shared/trader/order-session.js";
import { LiveDesk } from "./live-desk.js";

export interface TradingAccountOptions {
  readonly orderHandler: OrderHandlerPlace;
  readonly notifierUrl: string;
  readonly key: Key;
  readonly assets: readonly Asset[];
  readonly idPrefix: string;
  readonly onProblem: (problem: string) => void;
}

/** The dead man's switch: if the process stands still for so long, its orders go. Renewed three times within it. */
const TIMER_SECONDS = 10;
export const TIMER_RENEWED_MS = 3_000;
const ENDED_ORDERS_MAX = 1;

export class TradingAccount implements Wanted {
  readonly #options: TradingAccountOptions;
  readonly #desks = new Map<string, LiveDesk>();
  readonly #session: OrderSession;
  readonly #connection: Connection;
  #orders = new OwnOrders(ENDED_ORDERS_MAX);
  #isKnown = false;
  #isFirstSession = true;

  constructor(options: TradingAccountOptions) {
    this.#options = options;
    const { orderHandler, notifierUrl, key, assets, idPrefix, onProblem } = options;
    for (const asset of assets)
      this.#desks.set(
        asset.name,
        new LiveDesk({
          asset,
          idPrefix: `${idPrefix}${this.#desks.size}`,
          openOrders: () => this.#orders.open.values(),
          isConnected: () => this.#isKnown && this.#session.state.kind === "open",
          send: (line) => this.#session.send(line),
          nowMs: nowEpochMs,
        }),
      );
    this.#connection = new Connection(
      notifierUrl,
      {
        onHealth: (health) => {
          if (health !== "live") this.#isKnown = false;
        },
        onKeyRefused: ({ text }) => onProblem(text),
        onLagged: onProblem,
        onEvent: (channel, payload) => {
          if (channel === "orders") this.#take((payload as { reports: readonly ReportJson[] }).reports);
        },
      },
      key,
    );
    const events = {
      onState: (state: SessionState) => this.#onState(state),
      onResponse: (response: string, line: string | null) => {
        if (line !== null) this.#deskOf(line)?.answered(response, line);
      },
      onUnanswered: () => undefined, // resent when the session is back
    };
    this.#session = new OrderSession(orderHandler, key, events, { cancelsOnDisconnect: true });
    this.#connection.follow(this);
  }

  desk(asset: string): LiveDesk | undefined {
    return this.#desks.get(asset);
  }

  get desks(): ReadonlyMap<string, LiveDesk> {
    return this.#desks;
  }

  renewTimer(): void {
    this.#session.send(`TIMER ${TIMER_SECONDS}`);
  }

  /** Cancels everything. True: the exchange's books have no order of this account any more. */
  async stop(deadlineMs: number): Promise<boolean> {
    for (const desk of this.#desks.values()) desk.close();
    const endMs = performance.now() + deadlineMs;
    let isEmpty = false;
    while (!isEmpty && performance.now() < endMs) {
      await hasBecome(() => !this.#hasPending(), { deadlineMs: Math.max(1, endMs - performance.now()) });
      const answer = await this.#connection.ask({ channel: "orders" });
      isEmpty = !this.#hasPending() && answer.ok && "openOrdersTotal" in answer && answer.openOrdersTotal === 0;
      if (!isEmpty) for (const desk of this.#desks.values()) desk.cancelAll();
    }
    this.#session.send("TIMER 0");
    this.#connection.close();
    this.#session.close();
    return isEmpty;
  }

  request(): object {
    const from = this.#orders.sequence;
    return from === null ? { channel: "orders" } : { channel: "orders", from };
  }

  onAnswer(answer: object): boolean {
    const page = answer as OpenOrdersPage;
    this.#orders.begin(page.accountSequence, page);
    this.#isKnown = true;
    if (page.next !== undefined) void this.#readOn(page.next);
    return true;
  }

  /** A sequence that the exchange has not reached: its books were begun anew. */
  onRefused({ code, text }: Refused): void {
    this.#options.onProblem(text);
    if (code !== "MALFORMED_MESSAGE" || this.#orders.sequence === null) return;
    this.#orders = new OwnOrders(ENDED_ORDERS_MAX);
    this.#connection.again(this);
  }

  #hasPending(): boolean {
    return [...this.#desks.values()].some(({ hasPending }) => hasPending);
  }

  #onState(state: SessionState): void {
    if (state.kind === "refused") this.#options.onProblem(state.text);
    if (state.kind !== "open") return;
    this.renewTimer();
    // What an earlier process left is not known to be a quote.
    if (this.#isFirstSession) for (const desk of this.#desks.values()) desk.cancelAll();
    this.#isFirstSession = false;
    for (const desk of this.#desks.values()) desk.resendAll();
  }

  #take(reports: readonly ReportJson[]): void {
    for (const report of reports) {
      if (this.#orders.sequence === null) return; // reports follow the answer
      if ((report.accountSequence ?? 0) <= this.#orders.sequence) continue;
      if (!this.#orders.take(report, null)) {
        this.#connection.again(this);
        return;
      }
      this.#desks.get(report.asset)?.reported(report);
    }
  }

  async #readOn(first: string): Promise<void> {
    const orders = this.#orders;
    let next: string | undefined = first;
    while (next !== undefined && orders === this.#orders) {
      const answer = await this.#connection.ask({ channel: "orders", next });
      if (!answer.ok) return this.#options.onProblem(answer.text);
      const page = answer as unknown as OpenOrdersPage;
      orders.takePage(page);
      next = page.next;
    }
  }

  #deskOf(line: string): LiveDesk | undefined {
    return this.#desks.get(line.split(" ")[1] ?? "");
  }
}
