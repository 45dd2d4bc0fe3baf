import { invariant } from "../domain/errors.js";
import type { AccountId } from "../domain/units.js";
import { AccountFeed, type AccountFeedLimits, type FeedReport, type OnKept } from "./account-feed.js";
import type { Listener } from "./listener.js";

export const REPORTS_IN_PACKET_MAX = 500;

/** An account with subscribers of its reports, live ones or on the way there. */
export class LiveAccount {
  readonly feed: AccountFeed;
  readonly subscribers = new Set<OrdersSubscriber>();
  /** Subscribers that got reports from the database that the feed has not released yet. */
  readonly ahead = new Set<OrdersSubscriber>();

  constructor(limits: AccountFeedLimits, onKept: OnKept) {
    this.feed = new AccountFeed(limits, onKept);
  }
}

/** A connection that subscribes to its account's reports, live or on the way there. */
export class OrdersSubscriber {
  readonly listener: Listener;
  readonly accountId: AccountId;
  readonly account: LiveAccount;
  /** Whether its client was told that it is subscribed. */
  isAnswered = false;
  /** The last report that it was sent before it joined the room. */
  #position = 0;

  constructor(listener: Listener, accountId: AccountId, account: LiveAccount) {
    this.listener = listener;
    this.accountId = accountId;
    this.account = account;
  }

  get position(): number {
    return this.#position;
  }

  beginAfter(accountSequence: number): void {
    this.#position = accountSequence;
    this.isAnswered = true;
  }

  send(reports: readonly FeedReport[]): void {
    const fresh = reports.filter(({ accountSequence }) => accountSequence > this.#position);
    for (let start = 0; start < fresh.length; start += REPORTS_IN_PACKET_MAX) {
      const part = fresh.slice(start, start + REPORTS_IN_PACKET_MAX);
      this.listener.send("orders", { reports: part.map(({ json }) => json) });
    }
    this.#position = fresh.at(-1)?.accountSequence ?? this.#position;
  }

  /** Sends a page of reports, which must follow those it has. */
  sendPage(page: readonly FeedReport[]): void {
    invariant(page[0]?.accountSequence === this.#position + 1, "an account's reports have no gap");
    this.send(page);
  }
}
