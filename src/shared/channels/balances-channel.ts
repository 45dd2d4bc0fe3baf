import { invariant } from "../domain/errors.js";
import { isRefusal, type Refusal, refuse } from "../domain/rejects.js";
import type { NotificationBatch } from "../domain/reports.js";
import type { AccountId } from "../domain/units.js";
import type { Logger } from "../process/log.js";
import { type AnswerWith, type Asked, type Channel, roomOf, type Subscription } from "./channel.js";
import { parseFrom, refuseAhead } from "./from-request.js";
import { type Answer, type Listener, type Rooms, refused } from "./listener.js";

/** Accounts in one read at most; others come with the next one. */
const ACCOUNTS_IN_READ_MAX = 500;
/** An account's balances are read at most once in this time, however often they change. */
const REFRESH_INTERVAL_MS = 100;

/** A balance; amounts are decimal text. */
export interface Balance {
  readonly currency: string;
  readonly available: string;
  readonly held: string;
}

/** An account's balances in all currencies at one moment. */
export interface AccountBalances {
  readonly accountId: AccountId;
  /** The balances include all events up to this report, and perhaps the holds of later orders. */
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

interface Waiting {
  readonly listener: Listener;
  readonly fromSequence: number | null;
  readonly answerWith: AnswerWith;
}

interface LiveAccount {
  readonly listeners: Set<string>;
  /** By currency, the balance that the account's listeners were told last. */
  readonly told: Map<string, Balance>;
}

/**
 * Channel `balances`: an account's balances, and then each change. When a report says that balances may have changed, they
 * are read from the database, one read after the other. Each read is compared with what listeners were told, and waiting
 * subscribers are answered, in one synchronous step: so none gets an older state after a newer one, or misses a change.
 */
export class BalancesChannel implements Channel {
  readonly name = "balances";
  readonly isPrivate = true;
  readonly fields = ["from"];
  readonly #options: BalancesChannelOptions;
  readonly #accounts = new Map<AccountId, LiveAccount>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #changed = new Set<AccountId>();
  #isReading = false;
  /** Set while there is something to be read. */
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: BalancesChannelOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {}

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** With `from`, too, the answer has all balances: their newest state stands for every change that a client has missed. */
  subscription(listener: Listener, { fields }: Pick<Asked, "fields">): Subscription | Refusal {
    const parsed = parseFrom(fields["from"]);
    if (isRefusal(parsed)) return parsed;
    return {
      key: this.name,
      begin: (answerWith) => this.subscribe(listener, answerWith, parsed.fromSequence),
      end: () => this.forget(listener),
      isHeld: () => this.has(listener),
    };
  }

  /** Notes accounts whose balances may have changed, by their reports. */
  offer(_asset: string, { reports }: Pick<NotificationBatch, "reports">): void {
    for (const { accountId } of reports) this.changed(accountId);
  }

  /** This channel sends in refresh(), not in step with the others. */
  flush(): boolean {
    return false;
  }

  /** This channel keeps nothing that could be read again. */
  giveBack(): void {}

  /** Reads all balances again: deposits and withdrawals have no report. */
  async reconcile(): Promise<void> {
    for (const accountId of this.#accounts.keys()) this.changed(accountId);
  }

  /** Answers with all balances, and lets the listener into the room. */
  subscribe(listener: Listener, answerWith: AnswerWith, fromSequence: number | null = null): void {
    const accountId = accountOf(listener);
    this.#waiting.get(listener.id)?.answerWith(REPLACED);
    this.#waiting.set(listener.id, { listener, fromSequence, answerWith });
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

  /** Whether the listener is subscribed, or waits to be. */
  has(listener: Listener): boolean {
    const isListening =
      listener.accountId !== null && this.#accounts.get(listener.accountId)?.listeners.has(listener.id);
    return isListening === true || this.#waiting.has(listener.id);
  }

  /** Notes that the account's balances may have changed. */
  changed(accountId: AccountId): void {
    if (!this.#accounts.has(accountId)) return;
    this.#changed.add(accountId);
    this.#readSoon();
  }

  /** Reads balances that may have changed, and tells changes; one read at a time. Never rejects. */
  async refresh(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    do await this.#readSome();
    while (this.#isAnybodyWaiting());
    this.#isReading = false;
    if (this.#changed.size > 0) this.#readSoon();
  }

  #readSoon(): void {
    if (this.#isStopped || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.refresh();
    }, REFRESH_INTERVAL_MS);
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
        this.#answer(accountId, () => UNAVAILABLE);
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
    this.#answer(accountId, (fromSequence) => {
      const ahead = refuseAhead(fromSequence, accountSequence);
      return ahead === null ? { ok: true, accountSequence, balances } : refused(ahead);
    });
  }

  /** Answers the listeners that wait for this account; lets them in unless the answer is a refusal. */
  #answer(accountId: AccountId, answerTo: (fromSequence: number | null) => Answer): void {
    for (const [id, { listener, fromSequence, answerWith }] of this.#waiting) {
      if (listener.accountId !== accountId) continue;
      this.#waiting.delete(id);
      const answer = answerTo(fromSequence);
      if (answer.ok && listener.isConnected()) {
        this.#accounts.get(accountId)?.listeners.add(id);
        listener.join(roomOf(this.name, accountId));
      }
      answerWith(answer);
    }
    this.#forgetIfUnused(accountId);
  }

  /** Whether a listener waits for an account that is still to be read. */
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

const UNAVAILABLE = refused(refuse("UNAVAILABLE", "balances can't be read now; try again in a few seconds"));
const REPLACED = refused(refuse("UNSUPPORTED_COMBINATION", "a later subscribe or unsubscribe took this one's place"));

function accountOf({ accountId }: Listener): AccountId {
  invariant(accountId !== null, "nobody listens to balances without a login");
  return accountId;
}
