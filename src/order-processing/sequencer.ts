/**
 * Takes a batch from requests to committed commands: asks Postgres, all at once, for those facts that are not remembered
 * here; decides (sequencing.ts); writes (command-store.ts). It decides again, in one loop, where a fact was out of date: a
 * refusal for want of funds that rests on a remembered balance, or a commit that Postgres refuses because another process
 * has held the funds meanwhile, or a client order id was used before.
 */
import type { Asset, AssetRegistry } from "../shared/domain/assets.js";
import { invariant } from "../shared/domain/errors.js";
import type { AccountId, PriceTicks } from "../shared/domain/units.js";
import { nowAfterUs } from "../shared/process/clock.js";
import { pausedFor } from "../shared/process/waits.js";
import { type CommandStore, DecisionOutdated, type HeldBalance } from "./command-store.js";
import { type Balance, type BalanceKey, balanceKey, Funding, orderKey } from "./funding.js";
import { IdRepeaters } from "./id-repeaters.js";
import { KnownBalances } from "./known-balances.js";
import type { OrderName } from "./live-orders.js";
import { isPricedByLastTrade } from "./protective-price.js";
import type { Answers, Questions, RecordStore } from "./record-store.js";
import {
  clientOrderIdsNeeded,
  inBatch,
  type LoggedBatch,
  refusals,
  type SequencedBatch,
  Sequencing,
} from "./sequencing.js";

interface KnownPrice {
  readonly priceTicks: PriceTicks | null;
  readonly readAtMs: number;
}

/** How old a remembered last price may be to cover market orders by it. */
const LAST_PRICE_AGE_MAX_MS = 1_000;

/** How often a batch is decided at most, after ever longer pauses, while others hold funds of the same accounts. */
const ATTEMPTS_MAX = 8;
const RETRY_FIRST_MS = 2;

export class Sequencer {
  readonly #registry: AssetRegistry;
  readonly #record: RecordStore;
  readonly #store: CommandStore;
  readonly #holdsFunds: boolean;
  readonly #balances = new KnownBalances();
  readonly #repeaters = new IdRepeaters();
  readonly #lastPrices = new Map<string, KnownPrice>();

  constructor(
    registry: AssetRegistry,
    record: RecordStore,
    store: CommandStore,
    { holdsFunds }: { readonly holdsFunds: boolean },
  ) {
    this.#registry = registry;
    this.#record = record;
    this.#store = store;
    this.#holdsFunds = holdsFunds;
  }

  /** Decides the batches as one, and commits them. Rejects with DecisionOutdated if others were faster in every attempt. */
  async commit(
    batches: readonly LoggedBatch[],
    isSuspended: (accountId: AccountId) => boolean,
  ): Promise<SequencedBatch[]> {
    let facts = await this.#facts(batches);
    for (let attempt = 1; ; attempt++) {
      const { decided, short } = this.#decide(batches, facts, isSuspended);
      const remembered = short.filter((key) => !facts.balances.has(keyOf(key)));
      if (remembered.length > 0) {
        facts = { ...facts, balances: new Map([...facts.balances, ...(await this.#balancesNow(remembered))]) };
        attempt--;
        continue;
      }
      try {
        this.#learn(await this.#store.append(decided), short);
        this.#repeaters.note(decided);
        return decided;
      } catch (cause) {
        if (!(cause instanceof DecisionOutdated) || attempt === ATTEMPTS_MAX) throw cause;
        facts = await this.#factsAgain(batches, cause, attempt);
      }
    }
  }

  /** Commits refusals of requests that can't be written as they are. */
  async refuse(batch: LoggedBatch): Promise<SequencedBatch[]> {
    const refused = [
      inBatch(batch, refusals(batch.requests, batch.after.commandSequence, nowAfterUs(batch.after.sequencedAtUs))),
    ];
    await this.#store.append(refused);
    return refused;
  }

  /** For when another process may have held funds: the remembered balances may be too high. */
  forgetBalances(): void {
    this.#balances.forgetAll();
  }

  /** Which id was used before, Postgres does not say with its refusal: all of the batch are looked up. */
  async #factsAgain(batches: readonly LoggedBatch[], { what }: DecisionOutdated, attempt: number): Promise<Answers> {
    if (what === "client order ids") return await this.#facts(batches, () => true);
    this.forgetBalances();
    await pausedFor(Math.random() * RETRY_FIRST_MS * 2 ** attempt);
    return await this.#facts(batches);
  }

  async #facts(
    batches: readonly LoggedBatch[],
    repeats = (accountId: AccountId) => this.#repeaters.has(accountId),
  ): Promise<Answers> {
    const questions = this.#questions(batches, repeats);
    const answers = await this.#record.answer(questions);
    const readAtMs = performance.now();
    for (const asset of questions.lastPrices)
      this.#lastPrices.set(asset, { priceTicks: answers.lastPrices.get(asset) ?? null, readAtMs });
    return answers;
  }

  async #balancesNow(keys: readonly BalanceKey[]): Promise<[string, Balance][]> {
    const { balances } = await this.#record.answer({ ...NO_QUESTIONS, balances: keys });
    return keys.map((key) => [keyOf(key), balances.get(keyOf(key)) ?? NOTHING]);
  }

  /** `short` are the balances that refusals rest on. */
  #decide(
    batches: readonly LoggedBatch[],
    facts: Answers,
    isSuspended: (accountId: AccountId) => boolean,
  ): { readonly decided: SequencedBatch[]; readonly short: readonly BalanceKey[] } {
    const funding = this.#holdsFunds ? this.#funding(facts) : null;
    const sequencing = new Sequencing(facts.clientOrderIds, funding, isSuspended);
    const decided = batches.map((batch) => {
      const { asset, requests, after } = batch;
      const atUs = nowAfterUs(after.sequencedAtUs);
      const sequenced = sequencing.sequence(this.#asset(asset), requests, after.commandSequence, atUs);
      return inBatch(batch, sequenced);
    });
    return { decided, short: funding?.short ?? [] };
  }

  /** Balances that were too small are forgotten: the next batch reads them again, since money may have come in. */
  #learn(held: readonly HeldBalance[], short: readonly BalanceKey[]): void {
    for (const balance of held) this.#balances.learn(balance, balance);
    for (const key of short) this.#balances.forget(key);
  }

  #questions(batches: readonly LoggedBatch[], repeats: (accountId: AccountId) => boolean): Questions {
    const clientOrderIds = batches.flatMap(({ requests }) => clientOrderIdsNeeded(requests, repeats));
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
          if (needsPrice && isPricedByLastTrade(asset, body)) lastPrices.add(name);
        } else if (body.kind === "replace") {
          orders.push({ asset: name, orderId: body.orderId });
          for (const currency of [asset.base, asset.quote]) needBalance({ accountId, currency });
        }
      }
    }
    return { clientOrderIds, balances: [...balances.values()], orders, lastPrices: [...lastPrices] };
  }

  #funding({ balances, orders }: Answers): Funding {
    return new Funding(this.#registry, {
      balance: (accountId, currency) =>
        balances.get(balanceKey(accountId, currency)) ?? this.#balances.get({ accountId, currency }),
      order: (asset, orderId) => orders.get(orderKey(asset, orderId)),
      lastPrice: (asset) => this.#lastPrices.get(asset)?.priceTicks ?? null,
    });
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
