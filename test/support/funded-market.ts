/**
 * A market whose orders are covered: what order-processing does to a command (it holds funds, docs/arch.md), the engine,
 * settlement, and the balances that come of them, all in this process and one after the other.
 */
import { createEngine, type Depth, RULES_VERSION } from "@bourse/matching-core";
import type { Asset } from "../../src/shared/domain/assets.js";
import { coverUnits, entryHoldUnits, heldCurrency, spendableUnits } from "../../src/shared/domain/funds.js";
import type {
  Command,
  CommandBody,
  EngineEvent,
  FeeRates,
  NewOrder,
  ReplaceOrder,
  RequestBody,
} from "../../src/shared/domain/messages.js";
import type { OrderRecord } from "../../src/shared/domain/order-record.js";
import { type AccountId, eventSequence, type OrderId, priceTicks } from "../../src/shared/domain/units.js";
import type { Posting } from "../../src/trade-processing/postings.js";
import { type Settlement, settle } from "../../src/trade-processing/settlement.js";
import { type NaiveBalance, NaiveLedger } from "./naive-ledger.js";

/** Where a market order without a price may go to. */
const PROTECTIVE_TICKS = priceTicks(1_000);
/** Comes in whenever somebody has less than an order needs; no order needs more. */
const DEPOSIT_UNITS = 2n ** 53n - 1n;

export interface Held {
  readonly accountId: AccountId;
  readonly currency: string;
  readonly units: bigint;
  readonly ordersOpened: number;
}

export interface Applied {
  /** What order-processing has done before; null: the command is covered by nothing. */
  readonly held: Held | null;
  readonly events: readonly EngineEvent[];
  readonly settlement: Settlement;
}

export class FundedMarket {
  readonly asset: Asset;
  readonly twin: NaiveLedger;
  /** As settlement knows them; who reads one in the middle of a batch must not change it. */
  readonly orders = new Map<OrderId, OrderRecord>();
  readonly #engine;
  readonly #balances = new Map<string, Map<AccountId, NaiveBalance>>();
  #settledThrough = eventSequence(0);

  constructor(asset: Asset) {
    this.asset = asset;
    this.twin = new NaiveLedger(asset);
    this.#engine = createEngine({ ...asset, rulesAtStart: { ...asset.rules, version: RULES_VERSION } });
    for (const currency of [asset.base, asset.quote]) this.#balances.set(currency, new Map());
  }

  /** The command is as order-processing gives it to the engine; its hold is taken first. */
  apply(command: Command): Applied {
    const held = this.#hold(command);
    const events = this.#engine.apply(command);
    const settlement = settle(events, this.#settledThrough, this.orders, this.asset);
    this.#settledThrough = settlement.reached;
    for (const event of events) this.twin.follow(event);
    for (const posting of settlement.postings) this.#post(posting);
    return { held, events, settlement };
  }

  depth(levelsMax: number): Depth {
    return this.#engine.depth(levelsMax);
  }

  balance(accountId: AccountId, currency: string): NaiveBalance {
    const balances = this.#balances.get(currency) as Map<AccountId, NaiveBalance>;
    let balance = balances.get(accountId);
    if (balance === undefined) {
      balance = { available: 0n, held: 0n, openOrders: 0 };
      balances.set(accountId, balance);
    }
    return balance;
  }

  balances(currency: string): ReadonlyMap<AccountId, NaiveBalance> {
    return this.#balances.get(currency) as Map<AccountId, NaiveBalance>;
  }

  deposit(accountId: AccountId, currency: string, units: bigint): void {
    this.balance(accountId, currency).available += units;
    this.twin.deposit(accountId, currency, units);
  }

  /** What order-processing makes of a client's request: enough funds for everybody, rates and cover, or a refusal. */
  funded(command: Command, feeRates: FeeRates, unsettledLots = 0): Command {
    const { body } = command;
    if (body.kind === "new") {
      const order = covered(body, feeRates);
      const fits = entryHoldUnits(this.asset, order, feeRates) !== null;
      return { ...command, body: fits ? order : refused(body) };
    }
    if (body.kind === "replace") return { ...command, body: this.#coveredReplace(command, body, unsettledLots) };
    return body.kind === "refuse" ? { ...command, body: { ...body, request: unfunded(body.request) } } : command;
  }

  /** `unsettledLots`: fills that order-processing does not know of yet. */
  #coveredReplace({ accountId }: Command, body: ReplaceOrder, unsettledLots: number): CommandBody {
    const order = this.orders.get(body.orderId);
    if (order === undefined || order.accountId !== accountId || order.feeRates === null || order.quantityLots === null)
      return { ...body, cover: 0 };
    const filled = BigInt(Math.max(0, order.filledLots - unsettledLots));
    const [quantity, price] = [BigInt(body.quantityLots), BigInt(body.priceTicks)];
    const more =
      order.side === "sell"
        ? quantity - BigInt(order.quantityLots)
        : (quantity - filled) * price - (BigInt(order.quantityLots) - filled) * BigInt(order.priceTicks ?? 0);
    const cover = Number(more > 0n ? more : 0n);
    const tooMuch = quantity * price * BigInt(this.asset.quoteUnitsPerTickLot) > 2n ** 52n || quantity > 2n ** 40n;
    return tooMuch || coverUnits(this.asset, order.side, cover, order.feeRates) === null
      ? refused(body)
      : { ...body, cover };
  }

  #hold({ accountId, body }: Command): Held | null {
    if (accountId === 0 || (body.kind !== "new" && body.kind !== "replace")) return null;
    const order = body.kind === "new" ? body : this.orders.get(body.orderId);
    if (order === undefined || order.feeRates === null) return null;
    const units = BigInt(
      (body.kind === "new"
        ? entryHoldUnits(this.asset, body, order.feeRates)
        : coverUnits(this.asset, order.side, body.cover ?? 0, order.feeRates)) ?? 0,
    );
    const currency = heldCurrency(this.asset, order.side);
    const balance = this.balance(accountId, currency);
    if (balance.available < units) this.deposit(accountId, currency, DEPOSIT_UNITS);
    const ordersOpened = body.kind === "new" ? 1 : 0;
    balance.available -= units;
    balance.held += units;
    balance.openOrders += ordersOpened;
    return { accountId, currency, units, ordersOpened };
  }

  #post({ accountId, currency, availableChange, heldChange, ordersDone }: Posting): void {
    const balance = this.balance(accountId, currency);
    balance.available += availableChange;
    balance.held += heldChange;
    balance.openOrders -= ordersDone;
  }
}

function covered(order: NewOrder, feeRates: FeeRates): NewOrder {
  const { quoteBudgetUnits, side, priceTicks: limit } = order;
  if (quoteBudgetUnits !== null)
    return { ...order, feeRates, quoteBudgetUnits: spendableUnits(quoteBudgetUnits, feeRates) };
  return { ...order, feeRates, priceTicks: side === "buy" ? (limit ?? PROTECTIVE_TICKS) : limit };
}

/** For a refused request nothing is held. */
function unfunded(request: RequestBody): RequestBody {
  if (request.kind === "new") return { ...request, feeRates: null };
  return request.kind === "replace" ? { ...request, cover: null } : request;
}

function refused(request: RequestBody): CommandBody {
  return { kind: "refuse", request: unfunded(request), reason: "notional_limit", firstOrderId: null, shortfall: null };
}
