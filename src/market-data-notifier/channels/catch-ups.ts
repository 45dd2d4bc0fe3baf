import { type Refusal, refuse } from "../../shared/domain/rejects.js";
import { FairTurns } from "./fair-turns.js";

export interface CatchUpLimits {
  /** On their way to the live events: of all accounts, and of one. */
  readonly catchUpsMax: number;
  readonly catchUpsPerAccountMax: number;
}

/** Reads that Postgres works at together; the others wait for their account's turn. */
const READS_AT_ONCE_MAX = 2;

/** Subscribers that read from Postgres until they are where the live events are: how many, and whose turn it is. */
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

  /** Null: one more may begin. */
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

  /** Counts as a catch-up of the account until the work is done. */
  async during(account: Account, work: () => Promise<void>): Promise<void> {
    this.#count(account, 1);
    try {
      await work();
    } finally {
      this.#count(account, -1);
    }
  }

  /** One read of one of the account's subscribers, when it is the account's turn. */
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
