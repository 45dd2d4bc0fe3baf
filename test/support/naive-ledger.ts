/**
 * Who has what, kept in the plainest way: what each account has in all, and the open orders; what an order holds is worked
 * out from its terms and its fills whenever somebody asks. To be believed by reading, and compared with settlement.
 */
import type { Asset } from "../../src/shared/domain/assets.js";
import { FEE_ACCOUNT } from "../../src/shared/domain/funds.js";
import type { EngineEvent, FeeRates, NewOrder, Side, Trade } from "../../src/shared/domain/messages.js";
import type { AccountId, OrderId } from "../../src/shared/domain/units.js";

type LedgerAsset = Pick<Asset, "base" | "quote" | "quoteUnitsPerTickLot" | "baseUnitsPerLot">;

export interface NaiveBalance {
  available: bigint;
  held: bigint;
  openOrders: number;
}

export interface NaiveOrder {
  readonly accountId: AccountId;
  readonly side: Side;
  readonly feeRates: FeeRates;
  /** What may be spent without fees; null: quantity and price say that. */
  readonly budgetUnits: bigint | null;
  leavesLots: number | null;
  filledLots: number;
  priceTicks: number | null;
  /** What its fills were worth. */
  spentUnits: bigint;
  /** Fees of all its fills, exactly: in 1/10,000 of a unit. */
  owedFees: bigint;
  /** What was taken for them: as much, rounded up to a whole unit. */
  paidFees: bigint;
}

export class NaiveLedger {
  readonly #asset: LedgerAsset;
  readonly #totals = new Map<string, Map<AccountId, bigint>>();
  readonly openOrders = new Map<OrderId, NaiveOrder>();

  constructor(asset: LedgerAsset) {
    this.#asset = asset;
    for (const currency of [asset.base, asset.quote]) this.#totals.set(currency, new Map());
  }

  /** Negative: a withdrawal. */
  deposit(accountId: AccountId, currency: string, units: bigint): void {
    const totals = this.#totals.get(currency) as Map<AccountId, bigint>;
    totals.set(accountId, (totals.get(accountId) ?? 0n) + units);
  }

  follow({ body }: EngineEvent): void {
    switch (body.kind) {
      case "accepted":
        if (body.order.feeRates !== null)
          this.openOrders.set(body.orderId, newOrder(body.accountId, body.order, body.order.feeRates));
        break;
      case "trade":
        this.#trade(body);
        break;
      case "canceled":
      case "expired":
        this.openOrders.delete(body.orderId);
        break;
      case "reduced":
        this.#change(body.orderId, { leavesLots: body.leavesLots });
        break;
      case "replaced":
        this.#change(body.orderId, { leavesLots: body.leavesLots, priceTicks: body.priceTicks });
        break;
      default:
    }
  }

  /** Every account's, those with nothing excepted. */
  balances(currency: string): Map<AccountId, NaiveBalance> {
    const balances = new Map<AccountId, NaiveBalance>();
    for (const [accountId, available] of this.#totals.get(currency) as Map<AccountId, bigint>)
      balances.set(accountId, { available, held: 0n, openOrders: 0 });
    for (const order of this.openOrders.values()) {
      if (currency !== (order.side === "buy" ? this.#asset.quote : this.#asset.base)) continue;
      const balance = balances.get(order.accountId) ?? { available: 0n, held: 0n, openOrders: 0 };
      const held = this.heldBy(order);
      balance.available -= held;
      balance.held += held;
      balance.openOrders++;
      balances.set(order.accountId, balance);
    }
    return balances;
  }

  heldBy(order: NaiveOrder): bigint {
    if (order.side === "sell") return BigInt(order.leavesLots ?? 0) * BigInt(this.#asset.baseUnitsPerLot);
    if (order.budgetUnits !== null)
      return order.budgetUnits + roundedUp(order.budgetUnits * highest(order)) - order.spentUnits - order.paidFees;
    const left = this.#worth(order.priceTicks ?? 0, order.leavesLots ?? 0);
    return left + roundedUp(order.owedFees + left * highest(order)) - order.paidFees;
  }

  #trade({ makerOrderId, takerOrderId, takerSide, priceTicks, quantityLots, ...leaves }: Trade): void {
    const maker = this.openOrders.get(makerOrderId);
    const taker = this.openOrders.get(takerOrderId);
    if (maker === undefined || taker === undefined) return;
    const { base, quote, baseUnitsPerLot } = this.#asset;
    const worth = this.#worth(priceTicks, quantityLots);
    const [buyer, seller] = takerSide === "buy" ? [taker, maker] : [maker, taker];
    this.deposit(buyer.accountId, base, BigInt(quantityLots) * BigInt(baseUnitsPerLot));
    this.deposit(seller.accountId, base, -BigInt(quantityLots) * BigInt(baseUnitsPerLot));
    this.deposit(buyer.accountId, quote, -worth);
    this.deposit(seller.accountId, quote, worth);
    for (const [order, bps] of [
      [maker, maker.feeRates.makerBps],
      [taker, taker.feeRates.takerBps],
    ] as const) {
      order.owedFees += worth * BigInt(bps);
      const fee = roundedUp(order.owedFees) - order.paidFees;
      order.paidFees += fee;
      order.spentUnits += worth;
      order.filledLots += quantityLots;
      this.deposit(order.accountId, quote, -fee);
      this.deposit(FEE_ACCOUNT, quote, fee);
    }
    this.#change(makerOrderId, { leavesLots: leaves.makerLeavesLots });
    this.#change(takerOrderId, { leavesLots: leaves.takerLeavesLots });
  }

  #change(orderId: OrderId, change: Partial<Pick<NaiveOrder, "leavesLots" | "priceTicks">>): void {
    const order = this.openOrders.get(orderId);
    if (order !== undefined) Object.assign(order, change);
    if (order?.leavesLots === 0) this.openOrders.delete(orderId);
  }

  #worth(priceTicks: number, quantityLots: number): bigint {
    return BigInt(priceTicks) * BigInt(quantityLots) * BigInt(this.#asset.quoteUnitsPerTickLot);
  }
}

function newOrder(accountId: AccountId, order: NewOrder, feeRates: FeeRates): NaiveOrder {
  const { side, quantityLots, priceTicks, quoteBudgetUnits } = order;
  const budgetUnits = quoteBudgetUnits === null ? null : BigInt(quoteBudgetUnits);
  const nothing = { filledLots: 0, spentUnits: 0n, owedFees: 0n, paidFees: 0n };
  return { accountId, side, feeRates, budgetUnits, leavesLots: quantityLots, priceTicks, ...nothing };
}

function highest({ feeRates }: NaiveOrder): bigint {
  return BigInt(Math.max(0, feeRates.makerBps, feeRates.takerBps));
}

/** 1/10,000 of units as units. */
function roundedUp(parts: bigint): bigint {
  return parts > 0n ? (parts + 9_999n) / 10_000n : parts / 10_000n;
}
