/**
 * Cancels an account's orders when its client is gone: at the end of a session that asked for it, and when the dead
 * man's switch is not renewed. What the log refuses is sent again until it is logged. Timers live in this process: it
 * fires them when it is told to stop, because nobody would watch them any longer.
 */
import type { OrderRequest } from "../shared/messages.js";
import { isRefusal } from "../shared/order-rules.js";
import type { AccountId, EpochUs } from "../shared/units.js";
import type { Settle } from "./batcher.js";

export interface CancelerPorts {
  readonly submit: (asset: string, request: OrderRequest, settle: Settle) => void;
  readonly nowUs: () => EpochUs;
  /** Every asset that an account may have orders in. */
  readonly assets: readonly string[];
}

interface OpenCancel {
  readonly accountId: AccountId;
  readonly asset: string;
  isSubmitted: boolean;
}

export class OrderCanceler {
  readonly #ports: CancelerPorts;
  readonly #dueAtUs = new Map<AccountId, number>();
  /** By account and asset, and so never more than there are of both. */
  readonly #open = new Map<string, OpenCancel>();

  constructor(ports: CancelerPorts) {
    this.#ports = ports;
  }

  cancelAll(accountId: AccountId, assets: readonly string[]): void {
    for (const asset of assets) {
      const cancel = { accountId, asset, isSubmitted: false };
      this.#open.set(`${accountId} ${asset}`, cancel);
      this.#submit(cancel);
    }
  }

  /** Starts the account's timer anew; 0 seconds: turns it off. */
  armTimer(accountId: AccountId, seconds: number): void {
    if (seconds === 0) this.#dueAtUs.delete(accountId);
    else this.#dueAtUs.set(accountId, this.#ports.nowUs() + seconds * 1e6);
  }

  /** Fires the timers that have run out, and sends again what was refused. */
  sweep(): void {
    const nowUs = this.#ports.nowUs();
    for (const [accountId, dueAtUs] of this.#dueAtUs) if (dueAtUs <= nowUs) this.#fire(accountId);
    for (const cancel of this.#open.values()) if (!cancel.isSubmitted) this.#submit(cancel);
  }

  fireAllTimers(): void {
    for (const accountId of this.#dueAtUs.keys()) this.#fire(accountId);
  }

  /** Cancels that are not logged yet. */
  get openCount(): number {
    return this.#open.size;
  }

  #fire(accountId: AccountId): void {
    this.#dueAtUs.delete(accountId);
    this.cancelAll(accountId, this.#ports.assets);
  }

  #submit(cancel: OpenCancel): void {
    const { accountId, asset } = cancel;
    const key = `${accountId} ${asset}`;
    cancel.isSubmitted = true;
    const request = { accountId, receivedAtUs: this.#ports.nowUs(), body: { kind: "cancel_all", side: null } } as const;
    this.#ports.submit(asset, request, (outcome) => {
      cancel.isSubmitted = false;
      // A later cancel of the same orders has taken this one's place; it looks after itself.
      if (!isRefusal(outcome) && this.#open.get(key) === cancel) this.#open.delete(key);
    });
  }
}
