import { invariant } from "../../shared/domain/errors.js";
import { refuse } from "../../shared/domain/rejects.js";
import type { NotificationBatch } from "../../shared/domain/reports.js";
import type { AccountId } from "../../shared/domain/units.js";
import type { Logger } from "../../shared/process/log.js";
import { type Answer, type Listener, type Rooms, refused } from "../connections/listener.js";
import { type AnswerWith, type Channel, roomOf, type Subscription } from "./channel.js";

/** Accounts in one read; the others come next. */
const ACCOUNTS_IN_READ_MAX = 500;
/** An account's balances are read at most once in this time, however often they change. */
const REFRESH_INTERVAL_MS = 100;

/** Decimal text. */
export interface Balance {
  readonly currency: string;
  readonly available: string;
  readonly held: string;
}

/** What an account has in every currency, in one moment. */
export interface AccountBalances {
  readonly accountId: AccountId;
  /** Everything up to this report is in the balances; what later orders hold may be, too. */
  readonly accountSequence: number;
  readonly balances: readonly Balance[];
}

export interface BalancesSource {
  balancesOf(accountIds: readonly AccountId[]): Promise<AccountBalances[]>;
}

export interface BalancesChannelOptions {
  readonly rooms: Rooms;
  readonly source: BalancesSource;
  readonly log: Logger;
}

interface LiveAccount {
  readonly listeners: Set<string>;
  /** By currency: what its listeners know. */
  readonly told: Map<string, Balance>;
}

/**
 * Channel `balances`: what an account has, then what of it has changed. Balances are read from the database when reports
 * say that they may have changed, one read after the other; each is compared with what the listeners know in one
 * synchronous step, in which those who wait to subscribe are answered, too. So nobody is told something old after
 * something new, and who joins misses nothing.
 */
export class BalancesChannel implements Channel {
  readonly name = "balances";
  readonly isPrivate = true;
  readonly fields = [];
  readonly #options: BalancesChannelOptions;
  readonly #accounts = new Map<AccountId, LiveAccount>();
  readonly #waiting = new Map<string, { readonly listener: Listener; readonly answerWith: AnswerWith }>();
  readonly #changed = new Set<AccountId>();
  #isReading = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BalancesChannelOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.refresh(), REFRESH_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  subscription(listener: Listener): Subscription {
    return {
      key: this.name,
      begin: (answerWith) => this.subscribe(listener, answerWith),
      end: () => this.forget(listener),
      isHeld: () => this.has(listener),
    };
  }

  /** A report says that money may have moved; trades say nothing about whose. */
  offer(_asset: string, { reports }: Pick<NotificationBatch, "reports">): void {
    for (const { accountId } of reports) this.changed(accountId);
  }

  /** Nothing is sent in step with the others: refresh() does. */
  flush(): boolean {
    return false;
  }

  /** It keeps nothing but what its listeners know. */
  giveBack(): void {}

  /** What comes in and goes out has no report. */
  async reconcile(): Promise<void> {
    for (const accountId of this.#accounts.keys()) this.#changed.add(accountId);
  }

  /** Answers with all balances, then lets the listener into the room. */
  subscribe(listener: Listener, answerWith: AnswerWith): void {
    const accountId = accountOf(listener);
    this.#waiting.get(listener.id)?.answerWith(REPLACED);
    this.#waiting.set(listener.id, { listener, answerWith });
    if (!this.#accounts.has(accountId)) this.#accounts.set(accountId, { listeners: new Set(), told: new Map() });
    this.#changed.add(accountId);
    void this.refresh();
  }

  forget(listener: Listener): void {
    if (listener.accountId === null) return;
    this.#waiting.get(listener.id)?.answerWith(REPLACED);
    this.#waiting.delete(listener.id);
    if (this.#accounts.get(listener.accountId)?.listeners.delete(listener.id))
      listener.leave(roomOf(this.name, listener.accountId));
    this.#forgetIfUnused(listener.accountId);
  }

  /** Whether it is subscribed, or about to be. */
  has(listener: Listener): boolean {
    const isListening =
      listener.accountId !== null && this.#accounts.get(listener.accountId)?.listeners.has(listener.id);
    return isListening === true || this.#waiting.has(listener.id);
  }

  /** The account's balances may be others now. */
  changed(accountId: AccountId): void {
    if (this.#accounts.has(accountId)) this.#changed.add(accountId);
  }

  /** Reads what has changed, and tells it; one at a time. Never rejects. */
  async refresh(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    do await this.#readSome();
    while (this.#isAnybodyWaiting());
    this.#isReading = false;
  }

  async #readSome(): Promise<void> {
    const accountIds = [...this.#changed].slice(0, ACCOUNTS_IN_READ_MAX);
    if (accountIds.length === 0) return;
    for (const accountId of accountIds) this.#changed.delete(accountId);
    try {
      for (const account of await this.#options.source.balancesOf(accountIds)) this.#tell(account);
    } catch (err) {
      this.#options.log.warn({ err }, "balances can't be read");
      for (const accountId of accountIds) {
        this.changed(accountId);
        this.#answer(
          accountId,
          refused(refuse("UNAVAILABLE", "balances can't be read now; try again in a few seconds")),
        );
      }
    }
  }

  #tell({ accountId, accountSequence, balances }: AccountBalances): void {
    const account = this.#accounts.get(accountId);
    if (account === undefined) return;
    for (const balance of balances) {
      const told = account.told.get(balance.currency);
      if (told?.available === balance.available && told.held === balance.held) continue;
      account.told.set(balance.currency, balance);
      if (account.listeners.size > 0)
        this.#options.rooms.send(roomOf(this.name, accountId), "balances", { ...balance, accountSequence });
    }
    this.#answer(accountId, { ok: true, accountSequence, balances });
  }

  /** Answers those who wait for this account, and lets them in, or not. */
  #answer(accountId: AccountId, answer: Answer): void {
    for (const [id, { listener, answerWith }] of this.#waiting) {
      if (listener.accountId !== accountId) continue;
      this.#waiting.delete(id);
      if (answer.ok && listener.isConnected()) {
        this.#accounts.get(accountId)?.listeners.add(id);
        listener.join(roomOf(this.name, accountId));
      }
      answerWith(answer);
    }
    this.#forgetIfUnused(accountId);
  }

  /** Not those whose account was read in vain: they were told so. */
  #isAnybodyWaiting(): boolean {
    return this.#waiting.size > 0 && this.#changed.size > 0;
  }

  #forgetIfUnused(accountId: AccountId): void {
    if (this.#accounts.get(accountId)?.listeners.size !== 0) return;
    for (const { listener } of this.#waiting.values()) if (listener.accountId === accountId) return;
    this.#accounts.delete(accountId);
    this.#changed.delete(accountId);
  }
}

const REPLACED = refused(refuse("UNSUPPORTED_COMBINATION", "a later subscribe or unsubscribe took this one's place"));

function accountOf({ accountId }: Listener): AccountId {
  invariant(accountId !== null, "nobody listens to balances without a login");
  return accountId;
}
