import { type Refusal, refuse } from "../domain/rejects.js";
import { FairTurns } from "./fair-turns.js";

export interface CatchUpLimits {
  /** Limits of the subscribers that catch up: of all accounts, and of one. */
  readonly catchUpsMax: number;
  readonly catchUpsPerAccountMax: number;
}

/** Reads sent to Postgres at the same time, which leaves one of a process' four connections to others; more wait for their account's turn. */
const READS_AT_ONCE_MAX = 3;

/** Limits the subscribers that catch up (read from Postgres until they reach the live events), and gives their reads turns. */
export class CatchUps<Account> {
  readonly #limits: CatchUpLimits;
  readonly #turns = new FairTurns<Account>(READS_AT_ONCE_MAX);
  readonly #underWay = new Map<Account, number>();
  readonly #onChange: (total: number) => void;
  #total = 0;

  constructor(limits: CatchUpLimits, onChange: (total: number) => void) {
    this.#limits = limits;
    this.#onChange = onChange;
  }

  /** Why no further catch-up of the account may begin; null: one may. */
  whyBusy(account: Account): Refusal | null {
    const { catchUpsMax, catchUpsPerAccountMax } = this.#limits;
    if (this.#total >= catchUpsMax)
      return refuse("BUSY", "too many subscribers are catching up; try again in a second");
    if ((this.#underWay.get(account) ?? 0) >= catchUpsPerAccountMax)
      return refuse(
        "BUSY",
        `${catchUpsPerAccountMax} subscribers of your account are catching up; wait for one of them`,
      );
    return null;
  }

  /** Runs the work, and counts it as a catch-up of the account meanwhile. */
  async during(account: Account, work: () => Promise<void>): Promise<void> {
    this.#count(account, 1);
    try {
      await work();
    } finally {
      this.#count(account, -1);
    }
  }

  /** Runs one read of one of the account's subscribers when it is the account's turn. */
  read<T>(account: Account, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(account, work);
  }

  #count(account: Account, change: 1 | -1): void {
    const count = (this.#underWay.get(account) ?? 0) + change;
    if (count === 0) this.#underWay.delete(account);
    else this.#underWay.set(account, count);
    this.#total += change;
    this.#onChange(this.#total);
  }
}
