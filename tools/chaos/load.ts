/** Several clients of each account, in both dialects, and one subscriber an account that keeps every report it saw. */

import type { AssetRegistry } from "../../src/shared/domain/assets.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";
import { type ReportSeen, ReportSubscriber } from "../../test/support/subscriber.js";
import type { Address } from "../../test/support/trading-session.js";
import { randomOf } from "../load/order-flow.js";
import { Attempts } from "./attempts.js";
import { type CarefulClient, SessionClient, TIMER_ACCOUNTS, TimerClient } from "./careful-clients.js";
import { Client, type ClientOptions } from "./client.js";
import { Recovery } from "./recovery.js";
import { ReportLatencies } from "./report-latencies.js";
import { placeRestingOrders } from "./resting-orders.js";

export interface Account {
  readonly name: string;
  readonly accountId: number;
}

export interface LoadOptions {
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly accounts: readonly Account[];
  /** Whose orders stay in the books. */
  readonly holders: readonly Account[];
  /** Whose orders go when they do: SESSION_ACCOUNTS and TIMER_ACCOUNTS. */
  readonly careful: readonly Account[];
  readonly registry: AssetRegistry;
  readonly orderHandler: Address;
  readonly notifierUrl: string;
}

const CLIENTS_PER_ACCOUNT = 4;
const TICK_MS = 5;
/** Sent late is sent, but a stop of a second is not made up for by a burst. */
const OWED_MAX_MS = 100;
/** Half a second's worth of requests without a last answer, and no new ones come. */
const OPEN_MAX_S = 0.5;
const OPEN_MIN = 200;
const PAUSE_DEADLINE_MS = 30_000;

export class Load {
  readonly attempts = new Attempts();
  readonly recovery: Recovery;
  readonly latencies = new ReportLatencies();
  readonly #options: LoadOptions;
  readonly #clients: Client[];
  readonly #holders: Client[];
  readonly careful: readonly CarefulClient[];
  readonly #subscribers = new Map<Account, ReportSubscriber>();
  /** Accounts whose first report in memory was taken before. */
  readonly #isTaken = new Set<Account>();
  #timer: NodeJS.Timeout | null = null;
  #owed = 0;
  #lastTickMs = 0;
  #turn = 0;

  private constructor(options: LoadOptions) {
    const { accounts, holders, careful, registry, orderHandler: address, seed } = options;
    this.#options = options;
    this.recovery = new Recovery([...registry.assets.keys()]);
    const { onAnswer } = this;
    const places = Array.from({ length: CLIENTS_PER_ACCOUNT }, (_, place) => place);
    this.#clients = accounts.flatMap(({ name: account, accountId }, at) =>
      places.map((place) => {
        const name = `s${seed}c${at}${place}`;
        const seedOfClient = seed * 1_000 + at * 10 + place;
        const isText = place % 2 === 0;
        return new Client({ name, account, accountId, isText, seed: seedOfClient, registry, address, onAnswer });
      }),
    );
    this.#holders = holders.map(({ name: account, accountId }, at) => {
      const name = `s${seed}h${at}`;
      return new Client({ name, account, accountId, isText: false, seed: seed + at, registry, address, onAnswer });
    });
    this.careful = careful.map(({ name: account, accountId }, at) => {
      const isTimed = TIMER_ACCOUNTS.some((name) => name === account);
      const about = { name: `s${seed}k${at}`, account, accountId, isText: true, seed: seed + at, registry, address };
      const client = new Client({ ...about, onAnswer, loginOption: isTimed ? "" : "cod=1" });
      return new (isTimed ? TimerClient : SessionClient)(client, randomOf(seed + at));
    });
    this.subscribeAnew();
  }

  /** Every account's subscriber is another one, which has seen nothing. */
  subscribeAnew(): void {
    for (const subscriber of this.#subscribers.values()) subscriber.close();
    this.#isTaken.clear();
    for (const account of this.accounts) {
      const subscriber = new ReportSubscriber(this.#options.notifierUrl, account.name, (seen) => this.#reported(seen));
      subscriber.subscribed.catch(() => undefined); // the first ones are awaited by whoever creates the load
      this.#subscribers.set(account, subscriber);
    }
  }

  get orderHandler(): Address {
    return this.#options.orderHandler;
  }

  /** For clients of a fault's own, too: what they are told is compared with the log. */
  readonly onAnswer: ClientOptions["onAnswer"] = (client, wish, answer, sentAtMs) => {
    this.attempts.note(client.accountId, wish, answer);
    if (answer.kind !== "acknowledged") return;
    this.recovery.acknowledged(wish.asset.asset, answer.logId, sentAtMs);
    if (wish.body.kind === "new") this.latencies.acknowledged(wish.asset.asset, answer.logId, sentAtMs);
  };

  /** Everybody is subscribed; nothing is sent before `resume`. */
  static async create(options: LoadOptions): Promise<Load> {
    const load = new Load(options);
    await Promise.all([...load.#subscribers.values()].map(({ subscribed }) => subscribed));
    return load;
  }

  get overdue(): number {
    return this.#clients.reduce((sum, { overdue }) => sum + overdue, 0);
  }

  get accounts(): readonly Account[] {
    const { accounts, holders, careful } = this.#options;
    return [...accounts, ...holders, ...careful];
  }

  placeRestingOrders(count: number): Promise<void> {
    return placeRestingOrders(this.#holders, count);
  }

  /** What the account's subscriber saw since this was asked before. */
  takeSeen(account: Account): ReportSeen[] {
    const seen = this.#subscribers.get(account)?.seen ?? [];
    const fresh = seen.slice(this.#isTaken.has(account) ? 1 : 0);
    if (seen.length > 0) this.#isTaken.add(account);
    seen.splice(0, seen.length - 1); // the last one stays: from there its subscriber goes on
    return fresh;
  }

  lastSeen(account: Account): number {
    return this.#subscribers.get(account)?.seen.at(-1)?.accountSequence ?? 0;
  }

  resume(): void {
    for (const client of [...this.#clients, ...this.careful]) client.resume();
    this.#lastTickMs = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Resolves when nothing is under way any more. */
  async pause(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    for (const client of this.#clients) client.pause();
    await Promise.all(this.careful.map((client) => client.pause()));
    const startedMs = performance.now();
    while (this.#open > 0) {
      if (performance.now() - startedMs > patience(PAUSE_DEADLINE_MS))
        throw new Error(
          `${this.#open} requests have no answer ${Math.round(performance.now() - startedMs)} ms after the load was stopped`,
        );
      await pausedFor(TICK_MS);
    }
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const client of [...this.#clients, ...this.#holders, ...this.careful]) client.close();
    for (const subscriber of this.#subscribers.values()) subscriber.close();
  }

  get #open(): number {
    return this.#clients.reduce((sum, { open }) => sum + open, 0);
  }

  #tick(): void {
    const { ratePerSecond } = this.#options;
    const nowMs = performance.now();
    const owedMs = Math.min(nowMs - this.#lastTickMs, OWED_MAX_MS);
    this.#lastTickMs = nowMs;
    this.#owed += (owedMs * ratePerSecond) / 1000;
    const room = Math.max(OPEN_MIN, ratePerSecond * OPEN_MAX_S) - this.#open;
    const count = Math.min(Math.floor(this.#owed), Math.max(0, room));
    this.#owed -= Math.floor(this.#owed);
    for (let sent = 0; sent < count; sent++) this.#clients[this.#turn++ % this.#clients.length]?.sendNext();
  }

  #reported(reports: readonly ReportSeen[]): void {
    for (const { asset, orderId } of reports) {
      this.recovery.reported(asset, orderId);
      this.latencies.reported(asset, orderId);
    }
  }
}
