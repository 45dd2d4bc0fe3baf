import { isAboutValues } from "../database/postgres-errors.js";
import { invariant } from "../domain/errors.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { NotificationBatch } from "../domain/reports.js";
import type { AccountId } from "../domain/units.js";
import type { Logger } from "../process/log.js";
import { type CatchUpLimits, CatchUps } from "./catch-ups.js";
import type { AnswerWith, Asked, Channel, Subscription } from "./channel.js";
import type { ChannelMetrics } from "./channel-metrics.js";
import { EventSummary } from "./event-summary.js";
import { refuseAhead } from "./from-request.js";
import { type Gap, GapFiller } from "./gap-filler.js";
import type { KeptBytes } from "./kept-bytes.js";
import { type Answer, type Listener, type Rooms, refused } from "./listener.js";
import { LiveOrders } from "./live-orders.js";
import { parseOrdersRequest, placeText } from "./orders-request.js";
import type { AccountSnapshot, OpenOrderPlace, OpenOrdersPage, OrdersSource } from "./orders-source.js";
import { type OrdersSubscriber, REPORTS_IN_PACKET_MAX } from "./orders-subscriber.js";

/** The size of a page of open orders, by docs/protocol.md. */
export const OPEN_ORDERS_IN_PAGE_MAX = 1_000;
const REPORTS_IN_FILL_MAX = 2_000;
const ACCOUNTS_IN_FILL_MAX = 500;

export interface OrdersChannelOptions {
  readonly rooms: Rooms;
  readonly source: OrdersSource;
  readonly limits: CatchUpLimits & { readonly holeWaitMs: number };
  readonly kept: KeptBytes;
  readonly log: Logger;
  readonly metrics: Pick<ChannelMetrics, "catchUps" | "gapsFilled">;
}

/**
 * Channel `orders`: all of an account's reports, in order. A subscriber passes through three modes: reading (it gets pages
 * from the database, or from the feed), ahead (it has more than the feed has released), live (it is in the room). The mode
 * changes only in a synchronous step that compares its position with the feed's, so there is no gap and no repeat.
 */
export class OrdersChannel implements Channel {
  readonly name = "orders";
  readonly isPrivate = true;
  readonly fields = ["from", "next"];
  readonly #options: OrdersChannelOptions;
  readonly #live: LiveOrders;
  readonly #catchUps: CatchUps<AccountId>;
  readonly #failures: EventSummary;
  readonly #filler: GapFiller<AccountId>;
  #flushAll: () => void = () => undefined;

  constructor(options: OrdersChannelOptions) {
    this.#options = options;
    const { rooms, kept, source } = options;
    this.#live = new LiveOrders({ rooms, kept, render: (asset, report) => source.render(asset, report) });
    this.#catchUps = new CatchUps(options.limits, (total) => options.metrics.catchUps.set(total));
    this.#failures = new EventSummary(options.log, "subscribers of orders can't be served");
    this.#filler = new GapFiller({
      channel: this.name,
      gaps: () => this.gaps(),
      fill: (accountIds) => this.fill(accountIds),
      holeWaitMs: options.limits.holeWaitMs,
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
      isHeld: () => this.#live.has(listener),
    };
  }

  forget(listener: Listener): void {
    this.#live.forget(listener);
  }

  offer(asset: string, { reports }: Pick<NotificationBatch, "reports">): void {
    this.#live.offer(asset, reports);
  }

  flush(onTold: (matchedAtUs: number) => void): boolean {
    return this.#live.flush(onTold);
  }

  giveBack(bytes: number): void {
    this.#live.giveBack(bytes);
  }

  async reconcile(): Promise<void> {
    for (const { accountId, accountSequence } of await this.#options.source.lastAccountSequences(this.#live.accountIds))
      this.knowUpTo(accountId, accountSequence);
  }

  knowUpTo(accountId: AccountId, accountSequence: number): void {
    this.#live.knowUpTo(accountId, accountSequence);
  }

  gaps(): Iterable<Gap<AccountId>> {
    return this.#live.gaps();
  }

  /** Reads missing reports of these accounts: an equal part of each, as many as one answer may hold. */
  async fill(accountIds: readonly AccountId[]): Promise<void> {
    const holes = this.#live.holes(accountIds, Math.ceil(REPORTS_IN_FILL_MAX / accountIds.length));
    for (const { accountId, report } of await this.#options.source.reportsIn(holes))
      this.#live.offerTo(accountId, report);
    this.#flushAll();
  }

  /**
   * Answers with the open orders and the account's sequence, sends the reports after `fromSequence` (or after that sequence),
   * and lets the listener into the live room. Resolves when it is there, or gone; never rejects.
   */
  async subscribe(listener: Listener, fromSequence: number | null, answerWith: AnswerWith): Promise<void> {
    const accountId = accountOf(listener);
    const busy = this.#catchUps.whyBusy(accountId);
    if (busy !== null) return answerWith(refused(busy));
    this.forget(listener);
    const subscriber = this.#live.enter(listener, accountId);
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

  /** Answers with the next page of open orders, as they are now. Never rejects. */
  async page(listener: Listener, after: OpenOrderPlace, answerWith: AnswerWith): Promise<void> {
    const accountId = accountOf(listener);
    if (!this.#live.has(listener))
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
        answerWith(refused(whyNotRead(err)));
      }
    });
  }

  /** Gives the subscriber its position, once the account's sequence is known; returns the answer to its client. */
  #begin(subscriber: OrdersSubscriber, fromSequence: number | null, snapshot: AccountSnapshot): Answer {
    const { accountSequence, openOrdersTotal } = snapshot;
    if (!this.#live.isCurrent(subscriber))
      return refused(refuse("UNSUPPORTED_COMBINATION", "a later subscribe or unsubscribe took this one's place"));
    subscriber.account.feed.settledUpTo(accountSequence);
    const ahead = refuseAhead(fromSequence, accountSequence);
    if (ahead !== null) {
      this.forget(subscriber.listener);
      return refused(ahead);
    }
    subscriber.beginAfter(fromSequence ?? accountSequence);
    return { ok: true, ...pageJson(snapshot), openOrdersTotal };
  }

  #failed(subscriber: OrdersSubscriber, err: unknown, answerWith: AnswerWith): void {
    const { listener, accountId, isAnswered } = subscriber;
    this.#failures.count("subscribe", { accountId, problem: String(err) });
    if (this.#live.isCurrent(subscriber)) this.forget(listener);
    if (isAnswered) listener.cut({ channel: "orders", reason: "UNAVAILABLE", text: UNAVAILABLE.text });
    else answerWith(refused(whyNotRead(err)));
  }

  async #catchUp(subscriber: OrdersSubscriber): Promise<void> {
    const { listener, accountId } = subscriber;
    while (this.#live.isCurrent(subscriber) && !this.#live.closeUp(subscriber)) {
      const page = await this.#catchUps.read(accountId, () =>
        this.#options.source.reportsAfter(accountId, subscriber.position, REPORTS_IN_PACKET_MAX),
      );
      if (!this.#live.isCurrent(subscriber)) return;
      subscriber.sendPage(page);
      if (!(await listener.hasRoom())) return;
    }
  }
}

const UNAVAILABLE = refuse("UNAVAILABLE", "your orders can't be read now; try again in a few seconds");
const CONTENT_REFUSED = refuse(
  "MALFORMED_MESSAGE",
  "the database can't hold what you sent; give values that it sent you",
);

/** A value that Postgres refuses would be refused again: only what may succeed later is UNAVAILABLE. */
function whyNotRead(error: unknown): Refusal {
  return isAboutValues(error) ? CONTENT_REFUSED : UNAVAILABLE;
}

function pageJson({ accountSequence, openOrders, next }: OpenOrdersPage): object {
  return { accountSequence, openOrders, ...(next === null ? {} : { next: placeText(next) }) };
}

function accountOf({ accountId }: Listener): AccountId {
  invariant(accountId !== null, "nobody listens to orders without a login");
  return accountId;
}
