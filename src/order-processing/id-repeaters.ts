import type { AccountId } from "../shared/domain/units.js";
import type { SequencedBatch } from "./sequencing.js";

/** Accounts that are remembered at most; who has repeated an id the longest ago is forgotten first. */
const REMEMBERED_MAX = 10_000;

/**
 * Accounts that have used a client order id twice. Their ids are looked up before a batch is decided: else each further repeat
 * would make Postgres refuse the whole batch, which others' orders are in, too.
 */
export class IdRepeaters {
  readonly #accounts = new Set<AccountId>();

  has(accountId: AccountId): boolean {
    return this.#accounts.has(accountId);
  }

  note(batches: readonly SequencedBatch[]): void {
    for (const { commands } of batches)
      for (const { accountId, body } of commands)
        if (accountId !== 0 && body.kind === "refuse" && body.reason === "duplicate_client_order_id")
          this.#remember(accountId);
  }

  #remember(accountId: AccountId): void {
    this.#accounts.delete(accountId);
    this.#accounts.add(accountId);
    const [oldest] = this.#accounts;
    if (this.#accounts.size > REMEMBERED_MAX && oldest !== undefined) this.#accounts.delete(oldest);
  }
}
