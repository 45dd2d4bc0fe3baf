/**
 * An endless flow of random commands of every kind for one market, the same for the same seed. Each seed draws its own
 * market: how far prices lie apart, how many accounts and orders there are, how large quantities get, which commands are
 * frequent. So every few seeds meet an icy book, a crowded level, a run of stops or an auction.
 */
import {
  type AssetState,
  accountId,
  type Command,
  type CommandBody,
  commandSequence,
  currencyUnits,
  epochMs,
  epochUs,
  logId,
  lots,
  type NewOrder,
  type OrderType,
  orderId,
  priceTicks,
  RULES_VERSION,
  type TimeInForce,
} from "@bourse/matching-core";

/** 32 bits a draw; the benchmark's streams are drawn with it, too. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const MODES = ["cancel_newest", "cancel_oldest", "cancel_both", "decrement", "none"] as const;
const RECENT_ORDERS = 400;

export class RandomFlow {
  readonly #draw: () => number;
  readonly #accounts: number;
  readonly #spread: number;
  readonly #middle: number;
  readonly #quantityMax: number;
  /** Of 100: new orders, then cancels and replaces in equal parts. */
  readonly #newShare: number;
  readonly #plainShare: number;
  readonly #setsRules: boolean;
  readonly #recent: { id: number; account: number }[] = [];
  #state: AssetState = "open";
  #sequence = 0;
  #logId = 0;
  #clockMs = 1_000;

  constructor(seed: number, { setsRules }: { readonly setsRules: boolean } = { setsRules: false }) {
    this.#draw = mulberry32(seed);
    this.#setsRules = setsRules;
    this.#accounts = this.#pick([1, 3, 20, 300]);
    this.#spread = this.#pick([2, 10, 100, 5_000, 2 ** 40]);
    this.#middle = this.#spread + this.#pick([1, 32, 1_000_000, 2 ** 50]);
    this.#quantityMax = this.#pick([3, 50, 2 ** 40]);
    this.#newShare = this.#pick([40, 60, 75]);
    this.#plainShare = this.#pick([0, 30, 80]);
  }

  next(): Command {
    this.#sequence++;
    this.#logId += this.#below(10) === 0 ? 256 - (this.#logId % 256) : 1;
    this.#clockMs += this.#below(4) === 0 ? this.#below(5) : 0;
    const { account, body } = this.#request();
    if (body.kind === "new") {
      if (this.#recent.length === RECENT_ORDERS) this.#recent.splice(this.#below(RECENT_ORDERS), 1);
      this.#recent.push({ id: this.#logId, account });
    }
    return {
      commandSequence: commandSequence(this.#sequence),
      // Now and then an id that was used before.
      logId: logId(body.kind === "new" && this.#below(500) === 0 ? Math.max(1, this.#logId - 3) : this.#logId),
      accountId: accountId(account),
      receivedAtUs: epochUs(this.#clockMs * 1000),
      // Now and then a clock that goes back.
      atUs: epochUs(this.#clockMs * 1000 - (this.#below(50) === 0 ? 5_000 : 0) + 5_000),
      body,
    };
  }

  #request(): { account: number; body: CommandBody } {
    const account = 1 + this.#below(this.#accounts);
    // An asset does not stay closed for long, or little would happen.
    if (this.#state !== "open" && this.#below(this.#state === "auction" ? 25 : 6) === 0)
      return { account, body: this.#setState("open") };
    const kind = this.#below(100);
    if (kind < this.#newShare) return { account, body: this.#order() };
    if (kind < 96) {
      const recent = this.#recent[this.#recent.length - this.#below(this.#pick([10, RECENT_ORDERS]))] ?? {
        id: 12_345_678,
        account,
      };
      // Mostly by the order's owner, or cancels and replaces would hardly ever do anything.
      const by = this.#below(20) === 0 ? account : recent.account;
      return { account: by, body: this.#aboutOrder(recent.id) };
    }
    return { account, body: this.#rare(kind) };
  }

  #aboutOrder(id: number): CommandBody {
    const clientOrderId = this.#below(4) === 0 ? `c${this.#draw()}` : null;
    if (this.#below(2) === 0)
      return { kind: "cancel", orderId: this.#below(50) === 0 ? null : orderId(id), clientOrderId };
    const quantityLots = lots(1 + this.#below(this.#quantityMax));
    const price = this.#price();
    const cover =
      this.#below(4) === 0 ? Math.min(this.#below(this.#quantityMax) * this.#pick([1, price]), 2 ** 53 - 1) : null;
    return { kind: "replace", orderId: orderId(id), quantityLots, priceTicks: price, clientOrderId, cover };
  }

  #rare(kind: number): CommandBody {
    if (kind === 96) return this.#setsRules && this.#below(2) === 0 ? this.#setRules() : { kind: "advance_clock" };
    if (kind === 97) return { kind: "cancel_all", side: this.#pick([null, "buy", "sell"]) };
    if (kind === 98) {
      const request = this.#below(2) === 0 ? this.#order() : this.#aboutOrder(5);
      if (request.kind !== "new" && request.kind !== "cancel" && request.kind !== "replace") return request;
      const shortfall = { neededUnits: currencyUnits(1 + this.#below(1000)), availableUnits: currencyUnits(0) };
      const why = { firstOrderId: this.#pick([null, orderId(7)]), shortfall: this.#pick([null, shortfall]) };
      return { kind: "refuse", request, reason: "insufficient_funds", ...why };
    }
    return this.#setState(this.#pick(["open", "auction", "auction", "cancel_only", "halted"]));
  }

  #setState(state: AssetState): CommandBody {
    this.#state = state;
    return { kind: "set_asset_state", state };
  }

  #setRules(): CommandBody {
    const rules = {
      version: RULES_VERSION,
      allowSelfTrade: this.#below(3) > 0,
      openOrdersMax: this.#pick([1, 7, 100, 1_000, 1_000]),
      displaySlicesMax: this.#pick([1, 2, 1_000]),
      eventsPerCommandMax: this.#pick([1, 3, 10, 30, 100_000]),
    };
    return { kind: "set_rules", rules };
  }

  #order(): NewOrder {
    const side = this.#pick(["buy", "sell"] as const);
    const style = this.#below(100) < this.#plainShare ? 19 : this.#below(20);
    const isMarket = style === 1 || style === 2 || style === 6;
    const isStop = style === 5 || style === 6 || style === 7 || style === 16;
    const byBudget = style === 2 && side === "buy";
    const type: OrderType = isMarket ? (isStop ? "stop_market" : "market") : isStop ? "stop_limit" : "limit";
    const immediate: Partial<Record<number, TimeInForce>> = {
      3: "IOC",
      4: "FOK",
      7: "FOK",
      8: "GTD",
      9: "GTD",
      16: "GTD",
    };
    const timeInForce = immediate[style] ?? (isMarket ? "IOC" : "GTC");
    const quantity = 1 + this.#below(this.#quantityMax);
    const part = 1 + this.#below(quantity);
    const price = this.#price();
    const showsSlice = (style >= 10 && style < 14) || style === 9 || (style === 5 && this.#below(2) === 0);
    const hasMinimum = style === 14 || (isStop && this.#below(3) === 0);
    return {
      kind: "new",
      clientOrderId: this.#below(3) === 0 ? `order-${this.#draw()}`.slice(0, 1 + this.#below(16)) : null,
      side,
      type,
      timeInForce,
      quantityLots: byBudget ? null : lots(quantity),
      priceTicks: isMarket && this.#below(2) === 0 ? null : price,
      stopPriceTicks: isStop ? this.#price() : null,
      displayLots: showsSlice && !isMarket ? lots(Math.ceil(part / this.#pick([1, 4]))) : null,
      minimumLots: hasMinimum ? lots(part) : null,
      quoteBudgetUnits: byBudget ? currencyUnits(Math.min(quantity * price, 2 ** 52) + part) : null,
      expiresAtMs: timeInForce === "GTD" ? epochMs(this.#clockMs + 5 + this.#below(60)) : null,
      postOnly: style === 15,
      selfTradePrevention: byBudget ? this.#pick(MODES.filter((mode) => mode !== "decrement")) : this.#pick(MODES),
      feeRates: this.#pick([null, { makerBps: this.#below(20) - 10, takerBps: this.#below(100) }]),
    };
  }

  /** Near the middle more often than far from it. */
  #price() {
    const far = this.#below(this.#spread) * (this.#below(2) === 0 ? 1 : -1);
    return priceTicks(this.#middle + Math.trunc(far / this.#pick([1, 1, 8])));
  }

  #below(limit: number): number {
    return limit <= 2 ** 32 ? this.#draw() % limit : (this.#draw() * 2 ** 20 + (this.#draw() >>> 12)) % limit;
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#draw() % values.length] as T;
  }
}
