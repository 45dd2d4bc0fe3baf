import type { Asset } from "../../src/shared/domain/assets.js";
import { REJECTS } from "../../src/shared/domain/rejects.js";
import { hasBecome } from "../../src/shared/process/waits.js";
import { binaryDialect, type Dialect, textDialect } from "./dialect.js";
import { Latencies } from "./latencies.js";
import { type MixName, midTicksOf, OrderFlow } from "./order-flow.js";
import { OrderTiming } from "./order-timing.js";
import { ReportMatching } from "./report-matching.js";
import { ReportWatch } from "./report-watch.js";
import type { Response } from "./response.js";
import { Schedule } from "./schedule.js";
import { Session } from "./session.js";
import type { Target } from "./target.js";

export interface LoadOptions {
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** Sent before, and not measured. */
  readonly warmupSeconds: number;
  /** Undefined: at the rate that the measured part begins with. */
  readonly warmupPerSecond?: number;
  readonly connections: number;
  readonly assets: readonly Asset[];
  /** Every other one only buys, those between only sell. */
  readonly accounts: readonly string[];
  readonly isText: boolean;
  readonly withClientOrderIds: boolean;
  readonly withReports: boolean;
  readonly seed: number;
  /** How many processes send; default: this one. */
  readonly processes?: number;
  /** Default: plain. */
  readonly mix?: MixName;
  /** The measured part begins so fast, and gets evenly faster up to the rate. */
  readonly rampFromPerSecond?: number;
  /** So many orders leave at once. */
  readonly burst?: number;
}

export type Timings = Readonly<Record<"acknowledged" | "reported" | "lateness", Latencies>>;

export interface LoadOutcome {
  readonly timing: Timings;
  readonly planned: number;
  readonly sent: number;
  /** Orders that were not sent because too much was unanswered on their connection. */
  readonly notSent: number;
  readonly acknowledged: number;
  /** By code and name: `300 BUSY`. */
  readonly rejected: ReadonlyMap<string, number>;
  /** Sent and never answered. */
  readonly unanswered: number;
  readonly reportsReceived: number;
  readonly reportsMissing: number;
  readonly reportsOutOfSequence: number;
  readonly problems: readonly string[];
  /** Orders that count, and how long their plan takes. */
  readonly measuredOrders: number;
  readonly plannedMs: number;
  /** From the first measured order's plan to the last answer. */
  readonly measuredMs: number;
  readonly lastAnswerMs: number;
  /** Per asset: the last request that was acknowledged. */
  readonly lastLogIds: ReadonlyMap<string, number>;
}

export interface Progress {
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unanswered: number;
  /** Since the reader has last emptied it. */
  readonly recent: Latencies;
}

/** A load that is sent by this process, or by several. */
export interface Load {
  /** Called when the measured part begins. */
  onMeasuring: () => void;
  /** Called when the last order has left. */
  onSent: () => void;
  /** The processes that send, beside this one. */
  readonly pids: readonly number[];
  run(): Promise<LoadOutcome>;
  /** From now on `progress` has latencies. */
  watchLatencies(): void;
  progress(): Progress;
}

const TICK_MS = 1;
const ANSWERS_WAIT_MS = 15_000;
const REPORTS_WAIT_MS = 15_000;
const PROBLEMS_MAX = 20;
const RESTING = 1;
const CROSSING = 2;
const CANCEL = 3;
const REPLACE = 4;
const KINDS = {
  resting: RESTING,
  crossing: CROSSING,
  cancel: CANCEL,
  replace: REPLACE,
  stop: RESTING,
  iceberg: RESTING,
};

/** One open-loop run: orders leave on a fixed schedule, whatever comes back. */
export class LoadRun implements Load {
  readonly #options: LoadOptions;
  readonly #target: Target;
  readonly #dialect: Dialect;
  readonly #flow: OrderFlow;
  readonly #timing: OrderTiming;
  readonly #schedule: Schedule;
  readonly #kinds: Uint8Array;
  readonly #assetOf: Uint16Array;
  readonly #sessions: Session[] = [];
  readonly #matching: ReportMatching;
  readonly #lastLogIds = new Map<string, number>();
  readonly #rejected = new Map<string, number>();
  readonly #problems: string[] = [];
  /** Another one in each run: a client order id is used up for ever. */
  readonly #clientOrderIdPrefix = `load-${Date.now().toString(36)}`;
  /** Since it was last looked at; null: nobody looks. */
  #recent: Latencies | null = null;
  #watch: ReportWatch | null = null;
  #next = 0;
  #sent = 0;
  #answered = 0;
  #acknowledged = 0;
  #startMs = 0;
  #lastAnswerMs = 0;
  readonly pids: readonly number[] = [];
  /** Called when all sessions are there; the first order leaves when it has resolved. */
  onConnected: () => Promise<void> = () => Promise.resolve();
  onMeasuring: () => void = () => undefined;
  onSent: () => void = () => undefined;

  constructor(target: Target, options: LoadOptions) {
    this.#options = options;
    this.#target = target;
    const { assets, seed, accounts, mix = "plain", isText } = options;
    this.#dialect = isText ? textDialect(assets) : binaryDialect(assets);
    this.#flow = new OrderFlow({ seed, midTicks: midTicksOf(assets), accounts: accounts.length, mix });
    this.#schedule = new Schedule(options);
    const { orders } = this.#schedule;
    this.#timing = new OrderTiming(this.#schedule);
    this.#kinds = new Uint8Array(orders);
    this.#assetOf = new Uint16Array(orders);
    this.#matching = new ReportMatching(assets.length, (order, atMs) => this.#timing.reportedAt(order, atMs));
  }

  async run(): Promise<LoadOutcome> {
    try {
      await this.#connect();
      await this.onConnected();
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

  watchLatencies(): void {
    this.#recent = new Latencies();
  }

  progress(): Progress {
    const recent = this.#recent ?? new Latencies();
    const [sent, acknowledged, answered] = [this.#sent, this.#acknowledged, this.#answered];
    return { sent, acknowledged, refused: answered - acknowledged, unanswered: sent - answered, recent };
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
    const { orders } = this.#schedule;
    this.#startMs = performance.now() + 10;
    return new Promise((resolve) => {
      const tick = () => {
        this.#sendDue(performance.now() - this.#startMs);
        if (this.#next >= orders || this.#problems.length > 0) resolve();
        else setTimeout(tick, TICK_MS);
      };
      tick();
    });
  }

  #sendDue(elapsedMs: number): void {
    const { orders, measureFrom } = this.#schedule;
    const isMany = this.#isDue(this.#next + this.#sessions.length, elapsedMs);
    if (isMany) for (const session of this.#sessions) session.cork();
    while (this.#next < orders && this.#isDue(this.#next, elapsedMs)) {
      const order = this.#next++;
      if (order === measureFrom) this.onMeasuring();
      this.#sendOne(order, this.#startMs + this.#schedule.plannedMs(order));
    }
    if (isMany) for (const session of this.#sessions) session.uncork();
  }

  #isDue(order: number, elapsedMs: number): boolean {
    return this.#schedule.plannedMs(order) <= elapsedMs;
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
      const name = Object.entries(REJECTS).find(([, reject]) => reject.code === code)?.[0];
      const what = name === undefined ? `${kind} ${text}` : `${code} ${name}`;
      this.#rejected.set(what, (this.#rejected.get(what) ?? 0) + 1);
      return;
    }
    this.#acknowledged += 1;
    const ms = this.#timing.answered(order, nowMs);
    this.#recent?.record(ms);
    const assetIndex = this.#assetOf[order] ?? 0;
    const asset = this.#options.assets[assetIndex]?.asset ?? "";
    this.#lastLogIds.set(asset, Math.max(logId, this.#lastLogIds.get(asset) ?? 0));
    if (this.#kinds[order] === CANCEL || this.#kinds[order] === REPLACE) return;
    if (this.#watch !== null) this.#matching.acknowledged(assetIndex, logId, order);
    if (this.#kinds[order] === RESTING) this.#flow.isResting(accountIndex, assetIndex, logId);
  }

  #problem(text: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(text);
  }

  #outcome(): LoadOutcome {
    const { orders, measureFrom, endMs } = this.#schedule;
    const measuredFromMs = this.#startMs + this.#schedule.plannedMs(measureFrom);
    return {
      timing: this.#timing,
      planned: orders,
      measuredOrders: orders - measureFrom,
      plannedMs: this.#startMs + endMs - measuredFromMs,
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
