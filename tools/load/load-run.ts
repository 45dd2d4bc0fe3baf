import type { Asset } from "../../src/shared/domain/assets.js";
import { REJECTS } from "../../src/shared/domain/rejects.js";
import { hasBecome } from "../../src/shared/process/waits.js";
import { binaryDialect, type Dialect, textDialect } from "./dialect.js";
import { OrderFlow } from "./order-flow.js";
import { OrderTiming } from "./order-timing.js";
import { ReportMatching } from "./report-matching.js";
import { ReportWatch } from "./report-watch.js";
import type { Response } from "./response.js";
import { Session } from "./session.js";
import type { Target } from "./target.js";

export interface LoadOptions {
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** Sent before, at the same rate, and not measured. */
  readonly warmupSeconds: number;
  readonly connections: number;
  readonly assets: readonly Asset[];
  /** The one buys, the other sells. */
  readonly accounts: readonly [string, string];
  readonly isText: boolean;
  readonly withClientOrderIds: boolean;
  readonly withReports: boolean;
  readonly seed: number;
}

export interface LoadOutcome {
  readonly timing: OrderTiming;
  readonly planned: number;
  readonly sent: number;
  /** Orders that were not sent because too much was unanswered on their connection. */
  readonly notSent: number;
  readonly acknowledged: number;
  readonly rejected: ReadonlyMap<string, number>;
  /** Sent and never answered. */
  readonly unanswered: number;
  readonly reportsReceived: number;
  readonly reportsMissing: number;
  readonly reportsOutOfSequence: number;
  readonly problems: readonly string[];
  /** From the first measured order's plan to the last answer. */
  readonly measuredMs: number;
  readonly lastAnswerMs: number;
  /** Per asset: the last request that was acknowledged. */
  readonly lastLogIds: ReadonlyMap<string, number>;
}

const TICK_MS = 1;
const ANSWERS_WAIT_MS = 15_000;
const REPORTS_WAIT_MS = 15_000;
const PROBLEMS_MAX = 20;
/** Mid prices to start from, in quote currency; an asset that is not here starts at 1,000 ticks. */
const MID_PRICES: Readonly<Record<string, number>> = {
  "BTC-USD": 64_000,
  "ETH-USD": 3_000,
  "SOL-USDC": 150,
  "KCN-EUR": 25,
};
const OTHER_MID_TICKS = 1_000;
const RESTING = 1;
const CROSSING = 2;
const CANCEL = 3;
const KINDS = { resting: RESTING, crossing: CROSSING, cancel: CANCEL };

/** One open-loop run: orders leave on a fixed schedule, whatever comes back. */
export class LoadRun {
  readonly #options: LoadOptions;
  readonly #target: Target;
  readonly #dialect: Dialect;
  readonly #flow: OrderFlow;
  readonly #timing: OrderTiming;
  readonly #orders: number;
  readonly #measureFrom: number;
  readonly #kinds: Uint8Array;
  readonly #assetOf: Uint8Array;
  readonly #sessions: Session[] = [];
  readonly #matching: ReportMatching;
  readonly #lastLogIds = new Map<string, number>();
  readonly #rejected = new Map<string, number>();
  readonly #problems: string[] = [];
  /** Another one in each run: a client order id is used up for ever. */
  readonly #clientOrderIdPrefix = `load-${Date.now().toString(36)}`;
  #watch: ReportWatch | null = null;
  #next = 0;
  #sent = 0;
  #answered = 0;
  #acknowledged = 0;
  #startMs = 0;
  #lastAnswerMs = 0;
  /** Called when the measured part begins. */
  onMeasuring: () => void = () => undefined;
  /** Called when the last order has left. */
  onSent: () => void = () => undefined;

  constructor(target: Target, options: LoadOptions) {
    this.#options = options;
    this.#target = target;
    const { assets, seed, ratePerSecond, seconds, warmupSeconds, isText } = options;
    this.#dialect = isText ? textDialect(assets) : binaryDialect(assets);
    const midTicks = assets.map(({ asset, tickSize }) => {
      const price = MID_PRICES[asset];
      return price === undefined ? OTHER_MID_TICKS : Math.round(price / Number(tickSize));
    });
    this.#flow = new OrderFlow({ seed, midTicks });
    this.#orders = Math.round(ratePerSecond * (warmupSeconds + seconds));
    this.#measureFrom = Math.round(ratePerSecond * warmupSeconds);
    this.#timing = new OrderTiming({ orders: this.#orders, measureFrom: this.#measureFrom });
    this.#kinds = new Uint8Array(this.#orders);
    this.#assetOf = new Uint8Array(this.#orders);
    this.#matching = new ReportMatching(assets.length, (order, atMs) => this.#timing.reportedAt(order, atMs));
  }

  async run(): Promise<LoadOutcome> {
    try {
      await this.#connect();
      await this.#sendAll();
      this.onSent();
      await hasBecome(() => this.#answered >= this.#sent || this.#problems.length > 0, { deadlineMs: ANSWERS_WAIT_MS });
      if (this.#watch !== null) await hasBecome(() => this.#matching.missing === 0, { deadlineMs: REPORTS_WAIT_MS });
      return this.#outcome();
    } finally {
      this.#watch?.close();
      for (const session of this.#sessions) session.close();
    }
  }

  async #connect(): Promise<void> {
    const { accounts, connections, assets, withReports } = this.#options;
    const { orderHandler, notifierUrl, ca } = this.#target;
    const indexes = new Map(assets.map(({ asset }, index) => [asset, index]));
    const indexOf = (asset: string) => indexes.get(asset) ?? -1;
    if (withReports && notifierUrl !== null)
      this.#watch = await ReportWatch.open({
        notifierUrl,
        ca,
        accounts,
        onPlaced: ({ asset, orderId }, arrivedMs) => this.#matching.reported(indexOf(asset), orderId ?? 0, arrivedMs),
        onDone: (account, { asset, orderId }) => this.#flow.isDone(account, indexOf(asset), orderId ?? 0),
      });
    for (let i = 0; i < connections; i++) {
      const accountIndex = i % accounts.length;
      const session = await Session.open({
        ...orderHandler,
        ca,
        dialect: this.#dialect,
        account: accounts[accountIndex] ?? "",
        accountIndex,
        onAnswer: (order, response) => this.#onAnswer(accountIndex, order, response),
        onLost: (error) => this.#problem(error.message),
      });
      this.#sessions.push(session);
    }
  }

  #sendAll(): Promise<void> {
    const intervalMs = 1_000 / this.#options.ratePerSecond;
    this.#startMs = performance.now() + 10;
    return new Promise((resolve) => {
      const tick = () => {
        const dueCount = Math.min(this.#orders, Math.floor((performance.now() - this.#startMs) / intervalMs) + 1);
        if (dueCount > this.#next) this.#sendDue(dueCount, intervalMs);
        if (this.#next >= this.#orders || this.#problems.length > 0) resolve();
        else setTimeout(tick, TICK_MS);
      };
      tick();
    });
  }

  #sendDue(dueCount: number, intervalMs: number): void {
    const isMany = dueCount - this.#next > this.#sessions.length;
    if (isMany) for (const session of this.#sessions) session.cork();
    while (this.#next < dueCount) {
      const order = this.#next++;
      if (order === this.#measureFrom) this.onMeasuring();
      this.#sendOne(order, this.#startMs + order * intervalMs);
    }
    if (isMany) for (const session of this.#sessions) session.uncork();
  }

  #sendOne(order: number, plannedMs: number): void {
    const session = this.#sessions[order % this.#sessions.length];
    if (session === undefined) return;
    const planned = this.#flow.next(session.accountIndex);
    this.#kinds[order] = KINDS[planned.kind];
    this.#assetOf[order] = planned.assetIndex;
    const clientOrderId = this.#options.withClientOrderIds ? `${this.#clientOrderIdPrefix}-${order}` : "";
    const request = this.#dialect.request(planned, clientOrderId);
    this.#timing.sent(order, plannedMs, performance.now());
    if (session.send(order, request)) this.#sent += 1;
  }

  #onAnswer(accountIndex: number, order: number, { kind, logId, code, text }: Response): void {
    const nowMs = performance.now();
    this.#answered += 1;
    this.#lastAnswerMs = nowMs;
    if (kind !== "ack") {
      const name = Object.entries(REJECTS).find(([, reject]) => reject.code === code)?.[0] ?? `${kind} ${text}`;
      this.#rejected.set(name, (this.#rejected.get(name) ?? 0) + 1);
      return;
    }
    this.#acknowledged += 1;
    this.#timing.answered(order, nowMs);
    const assetIndex = this.#assetOf[order] ?? 0;
    const asset = this.#options.assets[assetIndex]?.asset ?? "";
    this.#lastLogIds.set(asset, Math.max(logId, this.#lastLogIds.get(asset) ?? 0));
    if (this.#kinds[order] === CANCEL) return;
    if (this.#watch !== null) this.#matching.acknowledged(assetIndex, logId, order);
    if (this.#kinds[order] === RESTING) this.#flow.isResting(accountIndex, assetIndex, logId);
  }

  #problem(text: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(text);
  }

  #outcome(): LoadOutcome {
    const measuredFromMs = this.#startMs + (this.#measureFrom * 1_000) / this.#options.ratePerSecond;
    return {
      timing: this.#timing,
      planned: this.#orders,
      sent: this.#sent,
      notSent: this.#next - this.#sent,
      acknowledged: this.#acknowledged,
      rejected: this.#rejected,
      unanswered: this.#sent - this.#answered,
      reportsReceived: this.#watch?.received ?? 0,
      reportsMissing: this.#matching.missing,
      reportsOutOfSequence: this.#watch?.outOfSequence ?? 0,
      problems: [...this.#problems, ...(this.#watch?.problems ?? [])],
      measuredMs: this.#lastAnswerMs - measuredFromMs,
      lastAnswerMs: this.#lastAnswerMs,
      lastLogIds: this.#lastLogIds,
    };
  }
}
