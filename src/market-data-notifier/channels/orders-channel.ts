import { invariant } from "../../shared/domain/errors.js";
import { type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { NotificationBatch } from "../../shared/domain/reports.js";
import type { AccountId } from "../../shared/domain/units.js";
import type { Logger } from "../../shared/process/log.js";
import { type Answer, type Listener, type Rooms, refused } from "../connections/listener.js";
import { EventSummary } from "../event-summary.js";
import type { KeptBytes } from "../kept-bytes.js";
import type { NotifierMetrics } from "../notifier-metrics.js";
import type { FeedReport, OnKept } from "./account-feed.js";
import { type CatchUpLimits, CatchUps } from "./catch-ups.js";
import { type AnswerWith, type Asked, type Channel, roomOf, type Subscription } from "./channel.js";
import { GapFiller } from "./gap-filler.js";
import { parseOrdersRequest, placeText } from "./orders-request.js";
import type { AccountSnapshot, OpenOrderPlace, OpenOrdersPage, OrdersSource } from "./orders-source.js";
import { LiveAccount, OrdersSubscriber, REPORTS_IN_PACKET_MAX } from "./orders-subscriber.js";

const FEED_LIMITS = { recentMax: 1_024, heldMax: 20_000 };
/** The contract's size of a page of open orders. */
export const OPEN_ORDERS_IN_PAGE_MAX = 1_000;
/** What a report takes of memory at most; one of a fill takes half of it. */
const REPORT_BYTES = 1_024;
const REPORTS_IN_FILL_MAX = 2_000;
const ACCOUNTS_IN_FILL_MAX = 500;
const GAP_CHECK_MS = 100;
const GAP_RETRY_MS = 500;

export interface OrdersChannelOptions {
  readonly rooms: Rooms;
  readonly source: OrdersSource;
  readonly limits: CatchUpLimits & { readonly holeWaitMs: number };
  readonly kept: KeptBytes;
  readonly log: Logger;
  readonly metrics: Pick<NotifierMetrics, "catchUps" | "gapsFilled">;
}

/**
 * Channel `orders`: an account's reports, every one, in order. A subscriber passes through three modes: reading (pages
 * from the database, or the feed's memory), ahead (it has more than the feed released), live (in the room). It
 * changes mode only in a synchronous step in which its position and the feed's are compared: no gap, no repeat.
 */
export class OrdersChannel implements Channel {
  readonly name = "orders";
  readonly isPrivate = true;
  readonly fields = ["from", "next"];
  readonly #options: OrdersChannelOptions;
  readonly #accounts = new Map<AccountId, LiveAccount>();
  readonly #subscribers = new Map<string, OrdersSubscriber>();
  readonly #changed = new Set<AccountId>();
  readonly #catchUps: CatchUps<AccountId>;
  readonly #onKept: OnKept;
  readonly #failures: EventSummary;
  readonly #filler: GapFiller<AccountId>;
  #flushAll: () => void = () => undefined;

  constructor(options: OrdersChannelOptions) {
    this.#options = options;
    this.#catchUps = new CatchUps(options.limits, (total) => options.metrics.catchUps.set(total));
    const { kept } = options;
    this.#onKept = {
      recent: (reports) => kept.add("feeds", reports * REPORT_BYTES),
      held: (reports) => kept.add("gates", reports * REPORT_BYTES),
    };
    this.#failures = new EventSummary(options.log, "subscribers of orders can't be served");
    this.#filler = new GapFiller({
      channel: this.name,
      gaps: () => this.gaps(),
      fill: (accountIds) => this.fill(accountIds),
      holeWaitMs: options.limits.holeWaitMs,
      checkIntervalMs: GAP_CHECK_MS,
      retryMs: GAP_RETRY_MS,
      keysInFillMax: ACCOUNTS_IN_FILL_MAX,
      log: options.log,
      onFilled: (accounts) => options.metrics.gapsFilled.inc(accounts),
    });
  }

  async start(flushAll: () => void): Promise<void> {
    this.#flushAll = flushAll;
    void this.#filler.run();
  }

  stop(): void {
    this.#filler.stop();
  }

  subscription(listener: Listener, { fields }: Asked): Subscription | Refusal {
    const request = parseOrdersRequest(fields);
    if ("name" in request) return request;
    return {
      key: this.name,
      begin: (answerWith) => {
        if (request.kind === "page") void this.page(listener, request.after, answerWith);
        else void this.subscribe(listener, request.fromSequence, answerWith);
      },
      end: () => this.forget(listener),
      isHeld: () => this.#subscribers.has(listener.id),
    };
  }

  offer(asset: string, { reports }: Pick<NotificationBatch, "reports">): void {
    for (const report of reports) {
      const account = this.#accounts.get(report.accountId);
      if (account === undefined) continue;
      const { accountSequence, matchedAtUs } = report;
      account.feed.offer({ accountSequence, matchedAtUs, json: this.#options.source.render(asset, report) });
      this.#changed.add(report.accountId);
    }
  }

  flush(onTold: (matchedAtUs: number) => void): boolean {
    let hasMore = false;
    for (const accountId of this.#changed) {
      const account = this.#accounts.get(accountId);
      const reports = account?.feed.release(REPORTS_IN_PACKET_MAX) ?? [];
      const last = reports.at(-1);
      if (account === undefined || last === undefined) this.#changed.delete(accountId);
      else {
        hasMore ||= reports.length === REPORTS_IN_PACKET_MAX;
        this.#options.rooms.send(this.#room(accountId), "orders", { reports: reports.map((report) => report.json) });
        for (const subscriber of account.ahead) this.#closeUp(subscriber, reports);
        onTold(last.matchedAtUs);
      }
    }
    return hasMore;
  }

  async reconcile(): Promise<void> {
    const accountIds = [...this.#accounts.keys()];
    for (const { accountId, accountSequence } of await this.#options.source.lastAccountSequences(accountIds))
      this.knowUpTo(accountId, accountSequence);
  }

  /** The account has reports up to this sequence, wherever they are. */
  knowUpTo(accountId: AccountId, accountSequence: number): void {
    const feed = this.#accounts.get(accountId)?.feed;
    if (feed?.isStarted) feed.settledUpTo(accountSequence);
  }

  /** Reports that were told first: only who comes from the past misses them. Then those behind holes. */
  giveBack(bytes: number): void {
    const { kept } = this.#options;
    const low = kept.total - bytes;
    for (const { feed } of this.#accounts.values()) if (kept.total > low) feed.forgetRecent();
    for (const { feed } of this.#accounts.values()) if (kept.total > low) feed.keepNext(REPORTS_IN_PACKET_MAX);
  }

  *gaps(): Generator<{ key: AccountId; after: number }> {
    for (const [key, { feed }] of this.#accounts) if (feed.isWaiting) yield { key, after: feed.position };
  }

  /** Reads what these accounts' reports wait for: an equal part of each, as much as one answer may hold. */
  async fill(accountIds: readonly AccountId[]): Promise<void> {
    const lengthMax = Math.ceil(REPORTS_IN_FILL_MAX / accountIds.length);
    const holes = accountIds.flatMap((key) => {
      const hole = this.#accounts.get(key)?.feed.hole(lengthMax) ?? null;
      return hole === null ? [] : [{ key, ...hole }];
    });
    for (const { accountId, report } of await this.#options.source.reportsIn(holes)) {
      this.#accounts.get(accountId)?.feed.offer(report);
      this.#changed.add(accountId);
    }
    this.#flushAll();
  }

  /**
   * Answers with the open orders and the account's sequence, then sends what follows `fromSequence` (or the sequence
   * answered), then lets the listener into the live room. Resolves when it is there, or gone; never rejects.
   */
  async subscribe(listener: Listener, fromSequence: number | null, answerWith: AnswerWith): Promise<void> {
    const accountId = accountOf(listener);
    const busy = this.#catchUps.whyBusy(accountId);
    if (busy !== null) return answerWith(refused(busy));
    this.forget(listener);
    const subscriber = this.#enter(listener, accountId);
    await this.#catchUps.during(accountId, async () => {
      try {
        const snapshot = await this.#catchUps.read(accountId, () =>
          this.#options.source.accountSnapshot(accountId, OPEN_ORDERS_IN_PAGE_MAX),
        );
        const answer = this.#begin(subscriber, fromSequence, snapshot);
        answerWith(answer);
        if (answer.ok) await this.#catchUp(subscriber);
      } catch (err) {
        this.#failed(subscriber, err, answerWith);
      }
    });
  }

  /** Answers with the open orders after this place, as they are now. Never rejects. */
  async page(listener: Listener, after: OpenOrderPlace, answerWith: AnswerWith): Promise<void> {
    const accountId = accountOf(listener);
    if (!this.#subscribers.has(listener.id))
      return answerWith(refused(refuse("UNSUPPORTED_COMBINATION", "next is for who is subscribed to orders")));
    const busy = this.#catchUps.whyBusy(accountId);
    if (busy !== null) return answerWith(refused(busy));
    await this.#catchUps.during(accountId, async () => {
      try {
        const page = await this.#catchUps.read(accountId, () =>
          this.#options.source.openOrdersAfter(accountId, after, OPEN_ORDERS_IN_PAGE_MAX),
        );
        answerWith({ ok: true, ...pageJson(page) });
      } catch (err) {
        this.#failures.count("page", { accountId, problem: String(err) });
        answerWith(refused(UNAVAILABLE));
      }
    });
  }

  forget(listener: Listener): void {
    const subscriber = this.#subscribers.get(listener.id);
    if (subscriber === undefined) return;
    const { account, accountId } = subscriber;
    this.#subscribers.delete(listener.id);
    account.subscribers.delete(subscriber);
    account.ahead.delete(subscriber);
    listener.leave(this.#room(accountId));
    if (account.subscribers.size > 0) return;
    account.feed.close();
    this.#accounts.delete(accountId);
  }

  #enter(listener: Listener, accountId: AccountId): OrdersSubscriber {
    let account = this.#accounts.get(accountId);
    if (account === undefined) {
      account = new LiveAccount(FEED_LIMITS, this.#onKept);
      this.#accounts.set(accountId, account);
    }
    const subscriber = new OrdersSubscriber(listener, accountId, account);
    account.subscribers.add(subscriber);
    this.#subscribers.set(listener.id, subscriber);
    return subscriber;
  }

  /** Where the subscriber starts, now that it is known how far the account is. */
  #begin(subscriber: OrdersSubscriber, fromSequence: number | null, snapshot: AccountSnapshot): Answer {
    const { accountSequence, openOrdersTotal } = snapshot;
    if (!this.#isCurrent(subscriber))
      return refused(refuse("UNSUPPORTED_COMBINATION", "a later subscribe or unsubscribe took this one's place"));
    subscriber.account.feed.settledUpTo(accountSequence);
    if (fromSequence !== null && fromSequence > accountSequence) {
      this.forget(subscriber.listener);
      const text = `from ${fromSequence} is after the account's last report, which is ${accountSequence}`;
      return refused(refuse("MALFORMED_MESSAGE", text));
    }
    subscriber.beginAfter(fromSequence ?? accountSequence);
    return { ok: true, ...pageJson(snapshot), openOrdersTotal };
  }

  #failed(subscriber: OrdersSubscriber, err: unknown, answerWith: AnswerWith): void {
    const { listener, accountId, isAnswered } = subscriber;
    this.#failures.count("subscribe", { accountId, problem: String(err) });
    if (this.#isCurrent(subscriber)) this.forget(listener);
    if (isAnswered) listener.cut({ channel: "orders", reason: "UNAVAILABLE", text: UNAVAILABLE.text });
    else answerWith(refused(UNAVAILABLE));
  }

  async #catchUp(subscriber: OrdersSubscriber): Promise<void> {
    const { listener, accountId, account } = subscriber;
    while (this.#isCurrent(subscriber)) {
      const recent = account.feed.recentAfter(subscriber.position);
      if (recent !== null) {
        subscriber.send(recent);
        if (subscriber.position > account.feed.position) account.ahead.add(subscriber);
        else listener.join(this.#room(accountId));
        this.#changed.add(accountId);
        return;
      }
      const page = await this.#catchUps.read(accountId, () =>
        this.#options.source.reportsAfter(accountId, subscriber.position, REPORTS_IN_PACKET_MAX),
      );
      if (!this.#isCurrent(subscriber)) return;
      subscriber.sendPage(page);
      if (!(await listener.hasRoom())) return;
    }
  }

  #closeUp(subscriber: OrdersSubscriber, released: readonly FeedReport[]): void {
    subscriber.send(released);
    if (subscriber.position > subscriber.account.feed.position) return;
    subscriber.account.ahead.delete(subscriber);
    subscriber.listener.join(this.#room(subscriber.accountId));
  }

  #isCurrent(subscriber: OrdersSubscriber): boolean {
    const { listener } = subscriber;
    return listener.isConnected() && this.#subscribers.get(listener.id) === subscriber;
  }

  #room(accountId: AccountId): string {
    return roomOf(this.name, accountId);
  }
}

const UNAVAILABLE = refuse("UNAVAILABLE", "your orders can't be read now; try again in a few seconds");

function pageJson({ accountSequence, openOrders, next }: OpenOrdersPage): object {
  return { accountSequence, openOrders, ...(next === null ? {} : { next: placeText(next) }) };
}

function accountOf({ accountId }: Listener): AccountId {
  invariant(accountId !== null, "nobody listens to orders without a login");
  return accountId;
}
