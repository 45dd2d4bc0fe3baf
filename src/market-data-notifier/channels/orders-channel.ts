import { invariant } from "../../shared/domain/errors.js";
import { refuse } from "../../shared/domain/rejects.js";
import type { SequencedReport } from "../../shared/domain/reports.js";
import type { AccountId } from "../../shared/domain/units.js";
import type { Logger } from "../../shared/process/log.js";
import { type Answer, type Listener, type Rooms, refused } from "../connections/listener.js";
import { AccountFeed, type FeedReport } from "./account-feed.js";
import type { Gap } from "./gap-filler.js";

const REPORTS_RECENT_MAX = 1_024;
const REPORTS_HELD_MAX = 20_000;
const REPORTS_IN_PACKET_MAX = 500;

export interface AccountSnapshot {
  /** The account's last report; the open orders are as of it. */
  readonly accountSequence: number;
  readonly openOrders: readonly object[];
  /** More than openOrders.length when there are too many to send. */
  readonly openOrdersTotal: number;
}

export interface OrdersSource {
  accountSnapshot(accountId: AccountId): Promise<AccountSnapshot>;
  /** The reports that follow `after`, in order, at most `reportsMax`. */
  reportsAfter(accountId: AccountId, after: number, reportsMax: number): Promise<FeedReport[]>;
}

export interface OrdersChannelOptions {
  readonly rooms: Rooms;
  readonly source: OrdersSource;
  readonly render: (asset: string, report: SequencedReport) => object;
  readonly catchUpsMax: number;
  readonly log: Logger;
}

type AnswerWith = (answer: Answer) => void;

/** Somebody who listens to an account, or is on the way there. */
interface Subscription {
  readonly listener: Listener;
  readonly accountId: AccountId;
  readonly account: LiveAccount;
  /** The last report that was sent to it, while it is not in the room. */
  position: number;
  /** It was told that it is subscribed. */
  isAnswered: boolean;
}

interface LiveAccount {
  readonly feed: AccountFeed;
  readonly subscriptions: Set<Subscription>;
  /** Subscribers who saw reports in the database that the feed has not released yet. */
  readonly ahead: Set<Subscription>;
}

/**
 * Channel `orders`: an account's reports, every one, in order. A subscriber passes through three modes: reading (pages
 * from the database, or the feed's memory), ahead (it has more than the feed released), live (in the room). It
 * changes mode only in a synchronous step in which its position and the feed's are compared: no gap, no repeat.
 */
export class OrdersChannel {
  readonly #options: OrdersChannelOptions;
  readonly #accounts = new Map<AccountId, LiveAccount>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #changed = new Set<AccountId>();
  #catchUps = 0;

  constructor(options: OrdersChannelOptions) {
    this.#options = options;
  }

  get accountIds(): AccountId[] {
    return [...this.#accounts.keys()];
  }

  get catchUps(): number {
    return this.#catchUps;
  }

  has(listener: Listener): boolean {
    return this.#subscriptions.has(listener.id);
  }

  offer(asset: string, reports: readonly SequencedReport[]): void {
    for (const report of reports) {
      const account = this.#accounts.get(report.accountId);
      if (account === undefined) continue;
      const { accountSequence, matchedAtUs } = report;
      account.feed.offer({ accountSequence, matchedAtUs, json: this.#options.render(asset, report) });
      this.#changed.add(report.accountId);
    }
  }

  /** The account has reports up to this sequence, wherever they are. */
  knowUpTo(accountId: AccountId, accountSequence: number): void {
    const feed = this.#accounts.get(accountId)?.feed;
    if (feed?.isStarted) feed.settledUpTo(accountSequence);
  }

  /** Sends everybody what is new; true: there is more. */
  flush(onTold: (matchedAtUs: number) => void): boolean {
    let hasMore = false;
    for (const accountId of this.#changed) {
      const account = this.#accounts.get(accountId);
      const reports = account?.feed.release(REPORTS_IN_PACKET_MAX) ?? [];
      const last = reports.at(-1);
      if (account === undefined || last === undefined) this.#changed.delete(accountId);
      else {
        hasMore ||= reports.length === REPORTS_IN_PACKET_MAX;
        this.#options.rooms.send(roomOf(accountId), "orders", { reports: reports.map((report) => report.json) });
        for (const subscription of account.ahead) this.#closeUp(subscription, reports);
        onTold(last.matchedAtUs);
      }
    }
    return hasMore;
  }

  /**
   * Answers with the open orders and the account's sequence, then sends what follows `fromSequence` (or the sequence
   * answered), then lets the listener into the live room. Resolves when it is there, or gone; never rejects.
   */
  async subscribe(listener: Listener, fromSequence: number | null, answerWith: AnswerWith): Promise<void> {
    if (this.#catchUps >= this.#options.catchUpsMax)
      return answerWith(refused(refuse("BUSY", "too many subscribers are catching up; try again in a second")));
    this.unsubscribe(listener);
    this.#catchUps += 1;
    const subscription = this.#enter(listener);
    try {
      const snapshot = await this.#options.source.accountSnapshot(subscription.accountId);
      const answer = this.#begin(subscription, fromSequence, snapshot);
      answerWith(answer);
      if (answer.ok) await this.#catchUp(subscription);
    } catch (err) {
      this.#failed(subscription, err, answerWith);
    } finally {
      this.#catchUps -= 1;
    }
  }

  unsubscribe(listener: Listener): void {
    const subscription = this.#subscriptions.get(listener.id);
    if (subscription === undefined) return;
    const { account, accountId } = subscription;
    this.#subscriptions.delete(listener.id);
    account.subscriptions.delete(subscription);
    account.ahead.delete(subscription);
    listener.leave(roomOf(accountId));
    if (account.subscriptions.size === 0) this.#accounts.delete(accountId);
  }

  gaps(): Gap[] {
    return [...this.#accounts].flatMap(([accountId, { feed }]) => {
      const hole = feed.hole();
      if (hole === null) return [];
      const fill = async () => {
        const reportsMax = Math.min(hole.upTo - hole.after, REPORTS_RECENT_MAX);
        for (const report of await this.#options.source.reportsAfter(accountId, hole.after, reportsMax))
          feed.offer(report);
        this.#changed.add(accountId);
      };
      return [{ key: roomOf(accountId), hole, fill }];
    });
  }

  #enter(listener: Listener): Subscription {
    const { accountId } = listener;
    invariant(accountId !== null, "nobody listens to orders without a login");
    let account = this.#accounts.get(accountId);
    if (account === undefined) {
      const feed = new AccountFeed({ recentMax: REPORTS_RECENT_MAX, heldMax: REPORTS_HELD_MAX });
      account = { feed, subscriptions: new Set(), ahead: new Set() };
      this.#accounts.set(accountId, account);
    }
    const subscription = { listener, accountId, account, position: 0, isAnswered: false };
    account.subscriptions.add(subscription);
    this.#subscriptions.set(listener.id, subscription);
    return subscription;
  }

  /** Where the subscription starts, now that it is known how far the account is. */
  #begin(subscription: Subscription, fromSequence: number | null, snapshot: AccountSnapshot): Answer {
    const { accountSequence } = snapshot;
    if (!this.#isCurrent(subscription))
      return refused(refuse("UNSUPPORTED_COMBINATION", "a later subscribe or unsubscribe took this one's place"));
    subscription.account.feed.settledUpTo(accountSequence);
    if (fromSequence !== null && fromSequence > accountSequence) {
      this.unsubscribe(subscription.listener);
      const text = `from ${fromSequence} is after the account's last report, which is ${accountSequence}`;
      return refused(refuse("MALFORMED_MESSAGE", text));
    }
    subscription.position = fromSequence ?? accountSequence;
    subscription.isAnswered = true;
    return { ok: true, ...snapshot };
  }

  #failed(subscription: Subscription, err: unknown, answerWith: AnswerWith): void {
    const { listener, accountId, isAnswered } = subscription;
    this.#options.log.warn({ err, accountId }, "a subscriber of orders can't be served");
    if (this.#isCurrent(subscription)) this.unsubscribe(listener);
    const text = "your orders can't be read now; try again in a few seconds";
    if (isAnswered) listener.cut({ channel: "orders", reason: "UNAVAILABLE", text });
    else answerWith(refused(refuse("UNAVAILABLE", text)));
  }

  async #catchUp(subscription: Subscription): Promise<void> {
    const { listener, accountId, account } = subscription;
    while (this.#isCurrent(subscription)) {
      const recent = account.feed.recentAfter(subscription.position);
      if (recent !== null) {
        send(subscription, recent);
        if (subscription.position > account.feed.position) account.ahead.add(subscription);
        else listener.join(roomOf(accountId));
        this.#changed.add(accountId);
        return;
      }
      const page = await this.#options.source.reportsAfter(accountId, subscription.position, REPORTS_IN_PACKET_MAX);
      if (!this.#isCurrent(subscription)) return;
      invariant(page[0]?.accountSequence === subscription.position + 1, "an account's reports have no gap");
      send(subscription, page);
      if (!(await listener.hasRoom())) return;
    }
  }

  #closeUp(subscription: Subscription, released: readonly FeedReport[]): void {
    send(
      subscription,
      released.filter((report) => report.accountSequence > subscription.position),
    );
    if (subscription.position > subscription.account.feed.position) return;
    subscription.account.ahead.delete(subscription);
    subscription.listener.join(roomOf(subscription.accountId));
  }

  #isCurrent(subscription: Subscription): boolean {
    const { listener } = subscription;
    return listener.isConnected() && this.#subscriptions.get(listener.id) === subscription;
  }
}

function send(subscription: Subscription, reports: readonly FeedReport[]): void {
  for (let start = 0; start < reports.length; start += REPORTS_IN_PACKET_MAX) {
    const part = reports.slice(start, start + REPORTS_IN_PACKET_MAX);
    subscription.listener.send("orders", { reports: part.map((report) => report.json) });
  }
  subscription.position = reports.at(-1)?.accountSequence ?? subscription.position;
}

function roomOf(accountId: AccountId): string {
  return `orders:${accountId}`;
}
