/**
 * Decides batches: asks Postgres for what must be known, all at once, and only for what is not known already. A refusal
 * for want of funds never rests on what may be out of date: such balances are read again, and the batch decided again.
 */
import type { Asset, AssetRegistry } from "../shared/domain/assets.js";
import { invariant } from "../shared/domain/errors.js";
import type { LoggedRequest } from "../shared/domain/messages.js";
import type { AccountId, CommandSequence, EpochUs, LogId, PriceTicks, StreamSequence } from "../shared/domain/units.js";
import { nowUs } from "../shared/process/clock.js";
import { type Balance, type BalanceKey, balanceKey, Funding, orderKey } from "./funding.js";
import { KnownBalances } from "./known-balances.js";
import type { HeldBalance, SequencedBatch } from "./command-store.js";
import { needsLastPrice } from "./protective-price.js";
import type { Answers, OrderName, Questions, RecordStore } from "./record-store.js";
import { clientOrderIdsNeeded, Sequencing } from "./sequencing.js";

/** One asset's part of a batch, and what it goes on from. */
export interface LoggedBatch {
  readonly asset: string;
  /** At least one. */
  readonly requests: readonly LoggedRequest[];
  readonly streamSequence: StreamSequence;
  readonly after: {
    readonly logId: LogId;
    readonly commandSequence: CommandSequence;
    readonly sequencedAtUs: EpochUs;
  };
}

interface KnownPrice {
  readonly priceTicks: PriceTicks | null;
  readonly readAtMs: number;
}

/** How old the last trade's price may be that a market order is covered by. */
const LAST_PRICE_AGE_MAX_MS = 1_000;

export class Sequencer {
  readonly #registry: AssetRegistry;
  readonly #record: RecordStore;
  readonly #holdsFunds: boolean;
  readonly #balances = new KnownBalances();
  readonly #lastPrices = new Map<string, KnownPrice>();
  /** What the last batch found short is read again by the next one: most likely it is short again. */
  #short: readonly BalanceKey[] = [];

  constructor(registry: AssetRegistry, record: RecordStore, { holdsFunds }: { holdsFunds: boolean }) {
    this.#registry = registry;
    this.#record = record;
    this.#holdsFunds = holdsFunds;
  }

  async decide(
    batches: readonly LoggedBatch[],
    isSuspended: (accountId: AccountId) => boolean,
  ): Promise<SequencedBatch[]> {
    const questions = this.#questions(batches);
    const answers = await this.#record.answer(questions);
    const readAtMs = performance.now();
    for (const asset of questions.lastPrices)
      this.#lastPrices.set(asset, { priceTicks: answers.lastPrices.get(asset) ?? null, readAtMs });
    const balances = new Map(answers.balances);
    for (;;) {
      const funding = this.#holdsFunds ? this.#funding(answers, balances) : null;
      const sequencing = new Sequencing(answers.clientOrderIds, funding, isSuspended);
      const decided = batches.map((batch) => this.#sequence(batch, sequencing));
      this.#short = funding?.short ?? [];
      const doubtful = this.#short.filter((key) => !balances.has(keyOf(key)));
      if (doubtful.length === 0) return decided;
      const again = await this.#record.answer({ ...NO_QUESTIONS, balances: doubtful });
      for (const key of doubtful) balances.set(keyOf(key), again.balances.get(keyOf(key)) ?? NOTHING);
    }
  }

  /** The batch that was decided last is committed. */
  committed(held: readonly HeldBalance[]): void {
    for (const balance of held) this.#balances.learn(balance, balance);
    for (const key of this.#short) this.#balances.forget(key);
  }

  /** Somebody else may have held: nothing is known any more. */
  forgetBalances(): void {
    this.#balances.forgetAll();
  }

  #questions(batches: readonly LoggedBatch[]): Questions {
    const clientOrderIds = batches.flatMap(({ requests }) => clientOrderIdsNeeded(requests));
    if (!this.#holdsFunds) return { ...NO_QUESTIONS, clientOrderIds };
    const balances = new Map<string, BalanceKey>();
    const orders: OrderName[] = [];
    const lastPrices = new Set<string>();
    const needBalance = (key: BalanceKey) => {
      if (this.#balances.get(key) === undefined) balances.set(keyOf(key), key);
    };
    for (const { asset: name, requests } of batches) {
      const asset = this.#asset(name);
      const needsPrice = this.#isPriceOld(name);
      for (const { accountId, body } of requests) {
        if (body.kind === "new") {
          needBalance({ accountId, currency: body.side === "buy" ? asset.quote : asset.base });
          if (needsPrice && needsLastPrice(asset, body)) lastPrices.add(name);
        } else if (body.kind === "replace") {
          orders.push({ asset: name, orderId: body.orderId });
          for (const currency of [asset.base, asset.quote]) needBalance({ accountId, currency });
        }
      }
    }
    return { clientOrderIds, balances: [...balances.values()], orders, lastPrices: [...lastPrices] };
  }

  #funding({ orders }: Answers, balances: ReadonlyMap<string, Balance>): Funding {
    return new Funding(this.#registry, {
      balance: (accountId, currency) =>
        balances.get(balanceKey(accountId, currency)) ?? this.#balances.get({ accountId, currency }),
      order: (asset, orderId) => orders.get(orderKey(asset, orderId)),
      lastPrice: (asset) => this.#lastPrices.get(asset)?.priceTicks ?? null,
    });
  }

  #sequence({ asset, requests, streamSequence, after }: LoggedBatch, sequencing: Sequencing): SequencedBatch {
    const atUs = Math.max(after.sequencedAtUs, nowUs()) as EpochUs;
    const sequenced = sequencing.sequence(this.#asset(asset), requests, after.commandSequence, atUs);
    const reached = (requests.at(-1) as LoggedRequest).logId;
    return { asset, ...sequenced, from: after.logId, reached, streamSequence };
  }

  #isPriceOld(asset: string): boolean {
    const known = this.#lastPrices.get(asset);
    return known === undefined || performance.now() - known.readAtMs > LAST_PRICE_AGE_MAX_MS;
  }

  #asset(name: string): Asset {
    const asset = this.#registry.assets.get(name);
    invariant(asset !== undefined, `${name} is not among the known assets`);
    return asset;
  }
}

const NO_QUESTIONS: Questions = { clientOrderIds: [], balances: [], orders: [], lastPrices: [] };
const NOTHING: Balance = { availableUnits: 0n, openOrders: 0 };

function keyOf({ accountId, currency }: BalanceKey): string {
  return balanceKey(accountId, currency);
}
