/** The account's money, live. */
import { type Signal, signal } from "@preact/signals";
import { type BalanceJson, Balances } from "../../src/shared/subscriber/balances.js";
import { withThousands } from "../../src/shared/subscriber/formats.js";
import { AccountChannel } from "./account-channel.js";

export interface BalanceRow {
  readonly currency: string;
  readonly available: Signal<string>;
  readonly held: Signal<string>;
}

export class AccountBalances extends AccountChannel {
  readonly rows: Signal<readonly BalanceRow[]> = signal([]);
  #balances = new Balances();
  /** All of them, as the server says them. */
  readonly all: Signal<readonly BalanceJson[]> = signal([]);
  readonly #paint = () => this.#show();

  protected override request(): object {
    return { channel: "balances" };
  }

  protected override onAnswer(answer: object): boolean {
    this.#balances.begin((answer as { balances: readonly BalanceJson[] }).balances);
    this.parts.frames.paint(this.#paint);
    return true;
  }

  override onEvent(payload: unknown): void {
    this.#balances.take(payload as BalanceJson);
    this.parts.frames.paint(this.#paint);
  }

  protected override forget(): void {
    this.#balances = new Balances();
    this.rows.value = [];
    this.all.value = [];
  }

  #show(): void {
    const { all } = this.#balances;
    this.all.value = all;
    const isSame =
      all.length === this.rows.value.length && all.every((one, at) => one.currency === this.rows.value[at]?.currency);
    if (!isSame) this.rows.value = all.map(({ currency }) => ({ currency, available: signal(""), held: signal("") }));
    this.rows.value.forEach((row, at) => {
      row.available.value = withThousands(all[at]?.available ?? "");
      row.held.value = withThousands(all[at]?.held ?? "");
    });
  }
}
