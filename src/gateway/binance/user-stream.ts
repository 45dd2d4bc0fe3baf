import type { MarketData } from "../../shared/channels/market-data.js";
import type { AssetRegistry } from "../../shared/domain/assets.js";
import type { ReportJson } from "../../shared/domain/report-json.js";
import type { AccountId } from "../../shared/domain/units.js";
import type { OwnOrdersStore } from "./own-orders-store.js";
import { accountPosition, type BalanceJson, executionReport, FilledSums } from "./user-events.js";

export interface UserStreamParts {
  readonly registry: AssetRegistry;
  readonly market: Pick<MarketData, "follow">;
  readonly ownOrders: Pick<OwnOrdersStore, "filledSums">;
  readonly nowMs: () => number;
}

interface OrdersSnapshot {
  readonly accountSequence: number;
  readonly openOrders: readonly { readonly asset: string; readonly orderId: number; readonly filledQuantity: string }[];
}

/** One account's reports and balances, told as Binance's user data stream tells them. */
export class UserStream {
  readonly #parts: UserStreamParts;
  readonly #accountId: AccountId;
  readonly #tell: (event: object) => void;
  readonly #sums = new FilledSums();
  /** Reports that wait until it is known what their orders' fills came to before; null: it is known. */
  #waiting: ReportJson[] | null = [];
  #ends: (() => void)[] = [];

  private constructor(parts: UserStreamParts, accountId: AccountId, tell: (event: object) => void) {
    this.#parts = parts;
    this.#accountId = accountId;
    this.#tell = tell;
  }

  /**
   * Resolves when nothing is missed from then on; rejects if the account can't be followed. `onCut`: it has ended, and what
   * came since is not told.
   */
  static async start(
    parts: UserStreamParts,
    accountId: AccountId,
    tell: (event: object) => void,
    onCut: () => void,
  ): Promise<UserStream> {
    const stream = new UserStream(parts, accountId, tell);
    try {
      const orders = await stream.#follow("orders", (payload) => stream.#reports(payload), onCut);
      await stream.#follow("balances", (payload) => stream.#balance(payload as BalanceJson), onCut);
      await stream.#begin(orders as unknown as OrdersSnapshot);
    } catch (error) {
      stream.end();
      throw error;
    }
    return stream;
  }

  end(): void {
    for (const end of this.#ends) end();
    this.#ends = [];
  }

  #follow(channel: string, onEvent: (payload: object) => void, onCut: () => void): Promise<object> {
    return new Promise((resolve, reject) => {
      const onAnswer = (answer: { readonly ok: boolean; readonly text?: unknown }) =>
        answer.ok ? resolve(answer) : reject(new Error(String(answer.text)));
      this.#ends.push(this.#parts.market.follow({ channel }, { onAnswer, onEvent, onCut }, this.#accountId));
    });
  }

  async #begin({ accountSequence, openOrders }: OrdersSnapshot): Promise<void> {
    const filled = openOrders.filter(({ filledQuantity }) => filledQuantity !== "0");
    if (filled.length > 0)
      for (const { asset, orderId, tickLots } of await this.#parts.ownOrders.filledSums(
        this.#accountId,
        filled,
        accountSequence,
      ))
        this.#sums.set(asset, orderId, BigInt(tickLots));
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const report of waiting) this.#report(report);
  }

  #reports(payload: object): void {
    for (const report of (payload as { readonly reports: readonly ReportJson[] }).reports)
      if (this.#waiting === null) this.#report(report);
      else this.#waiting.push(report);
  }

  #report(report: ReportJson): void {
    const asset = this.#parts.registry.assets.get(report.asset);
    if (asset === undefined) return;
    const event = executionReport(report, asset, this.#sums.with(report, asset), this.#parts.nowMs());
    if (event !== null) this.#tell(event);
  }

  #balance({ currency, available, held }: BalanceJson): void {
    this.#tell(accountPosition([{ currency, available, held }], this.#parts.nowMs()));
  }
}
