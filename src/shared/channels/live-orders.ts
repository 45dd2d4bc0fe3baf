import type { NotificationBatch, SequencedReport } from "../domain/reports.js";
import type { AccountId } from "../domain/units.js";
import type { FeedReport, OnKept } from "./account-feed.js";
import { flushChanged } from "./changed-feeds.js";
import { roomOf } from "./channel.js";
import type { KeptBytes } from "./kept-bytes.js";
import type { Listener, Rooms } from "./listener.js";
import type { ReportsHole } from "./orders-source.js";
import { LiveAccount, OrdersSubscriber, REPORTS_IN_PACKET_MAX } from "./orders-subscriber.js";

const FEED_LIMITS = { recentMax: 1_024, heldMax: 20_000 };
/** The memory of a report at most; a fill's report takes half as much. */
const REPORT_BYTES = 1_024;

export interface LiveOrdersOptions {
  readonly rooms: Rooms;
  readonly kept: KeptBytes;
  readonly render: (asset: string, report: SequencedReport) => object;
}

/** The accounts with subscribers of orders: each has its feed, its subscribers ahead of it, and the room of the live ones. */
export class LiveOrders {
  readonly #options: LiveOrdersOptions;
  readonly #accounts = new Map<AccountId, LiveAccount>();
  readonly #subscribers = new Map<string, OrdersSubscriber>();
  /** Accounts whose feeds may have reports to release. */
  readonly #changed = new Set<AccountId>();
  readonly #onKept: OnKept;

  constructor(options: LiveOrdersOptions) {
    this.#options = options;
    const { kept } = options;
    this.#onKept = {
      recent: (reports) => kept.add("feeds", reports * REPORT_BYTES),
      held: (reports) => kept.add("gates", reports * REPORT_BYTES),
    };
  }

  get accountIds(): AccountId[] {
    return [...this.#accounts.keys()];
  }

  has(listener: Listener): boolean {
    return this.#subscribers.has(listener.id);
  }

  /** False once the subscriber's connection is gone, or another subscription has replaced this one. */
  isCurrent(subscriber: OrdersSubscriber): boolean {
    const { listener } = subscriber;
    return listener.isConnected() && this.#subscribers.get(listener.id) === subscriber;
  }

  enter(listener: Listener, accountId: AccountId): OrdersSubscriber {
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

  forget(listener: Listener): void {
    const subscriber = this.#subscribers.get(listener.id);
    if (subscriber === undefined) return;
    const { account, accountId } = subscriber;
    this.#subscribers.delete(listener.id);
    account.subscribers.delete(subscriber);
    account.ahead.delete(subscriber);
    listener.leave(roomOfOrders(accountId));
    if (account.subscribers.size > 0) return;
    account.feed.close();
    this.#accounts.delete(accountId);
  }

  /** Makes the subscriber live, or ahead, by the reports that the feed keeps; false: those it misses are only in Postgres. */
  closeUp(subscriber: OrdersSubscriber): boolean {
    const { accountId, account } = subscriber;
    const recent = account.feed.recentAfter(subscriber.position);
    if (recent === null) return false;
    account.ahead.add(subscriber);
    this.#send(subscriber, recent);
    this.#changed.add(accountId);
    return true;
  }

  offer(asset: string, reports: NotificationBatch["reports"]): void {
    for (const report of reports) {
      const { accountId, accountSequence, matchedAtUs } = report;
      if (this.#accounts.has(accountId))
        this.offerTo(accountId, { accountSequence, matchedAtUs, json: this.#options.render(asset, report) });
    }
  }

  offerTo(accountId: AccountId, report: FeedReport): void {
    this.#accounts.get(accountId)?.feed.offer(report);
    this.#changed.add(accountId);
  }

  /** Sends live subscribers the reports that are in sequence, one packet an account; true: there are more. */
  flush(onTold: (matchedAtUs: number) => void): boolean {
    const release = (accountId: AccountId) => this.#accounts.get(accountId)?.feed.release(REPORTS_IN_PACKET_MAX);
    return flushChanged(this.#changed, REPORTS_IN_PACKET_MAX, release, (accountId, reports, last) => {
      this.#options.rooms.send(roomOfOrders(accountId), "orders", { reports: reports.map((report) => report.json) });
      for (const subscriber of this.#accounts.get(accountId)?.ahead ?? []) this.#send(subscriber, reports);
      onTold(last.matchedAtUs);
    });
  }

  /** Notes that the account has reports up to this sequence. */
  knowUpTo(accountId: AccountId, accountSequence: number): void {
    const feed = this.#accounts.get(accountId)?.feed;
    if (feed?.isStarted) feed.settledUpTo(accountSequence);
  }

  *gaps(): Generator<{ key: AccountId; after: number }> {
    for (const [key, { feed }] of this.#accounts) if (feed.isWaiting) yield { key, after: feed.position };
  }

  /** The reports that these accounts' feeds wait for, at most `lengthMax` of each. */
  holes(accountIds: readonly AccountId[], lengthMax: number): ReportsHole[] {
    return accountIds.flatMap((key) => {
      const hole = this.#accounts.get(key)?.feed.hole(lengthMax) ?? null;
      return hole === null ? [] : [{ key, ...hole }];
    });
  }

  /** Forgets reports that were released (only subscribers that catch up miss them), then those behind holes. */
  giveBack(bytes: number): void {
    const { kept } = this.#options;
    const low = kept.total - bytes;
    for (const { feed } of this.#accounts.values()) if (kept.total > low) feed.forgetRecent();
    for (const { feed } of this.#accounts.values()) if (kept.total > low) feed.keepNext(REPORTS_IN_PACKET_MAX);
  }

  /** Sends to a subscriber that is ahead; it joins the room once the feed has released as much as it was sent. */
  #send(subscriber: OrdersSubscriber, reports: readonly FeedReport[]): void {
    subscriber.send(reports);
    if (subscriber.position > subscriber.account.feed.position) return;
    subscriber.account.ahead.delete(subscriber);
    subscriber.listener.join(roomOfOrders(subscriber.accountId));
  }
}

function roomOfOrders(accountId: AccountId): string {
  return roomOf("orders", accountId);
}
