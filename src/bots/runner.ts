/** Runs the bots: each strategy with an account of its own, on every asset, until they are told to stop. */
import type { AssetRegistry } from "../shared/domain/assets.js";
import { nowEpochMs } from "../shared/process/clock.js";
import type { Logger } from "../shared/process/log.js";
import { lookEvery } from "../shared/process/looks.js";
import { assetOf } from "../shared/subscriber/asset.js";
import type { Key } from "../shared/subscriber/connection.js";
import type { OrderHandlerPlace } from "../shared/trader/order-session.js";
import type { Bot } from "./bot.js";
import { botOf } from "./bot-of.js";
import { Market } from "./market.js";
import { PaperDesk } from "./paper-desk.js";
import type { Look } from "./recording.js";
import { accountsOf } from "./strategies/strategies.js";
import { TIMER_RENEWED_MS, TradingAccount } from "./trading-account.js";
import type { Strategy } from "./view.js";

export interface RunnerOptions {
  readonly registry: AssetRegistry;
  readonly strategies: readonly Strategy[];
  readonly keyOf: (account: string) => Key;
  readonly orderHandler: OrderHandlerPlace;
  readonly notifierUrl: string;
  readonly seed: number;
  /** So many times as often as its strategy says does each bot look. */
  readonly speed: number;
  readonly log: Logger;
  /** Decides, and sends nothing: each decision is a line of the log. */
  readonly isPaper: boolean;
  /** Takes what each bot sees. */
  readonly onLook: (look: Look) => void;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #market: Market;
  readonly #accounts = new Map<string, TradingAccount>();
  readonly #ends: (() => void)[] = [];

  constructor(options: RunnerOptions) {
    this.#options = options;
    const { registry, strategies, keyOf, orderHandler, notifierUrl, log, isPaper } = options;
    const assets = [...registry.assets.values()].map(assetOf);
    this.#market = new Market(notifierUrl, assets);
    // Client order ids are used up for ever, also by a process that was here before.
    const life = nowEpochMs().toString(36);
    for (const name of isPaper ? [] : strategies.flatMap(accountsOf)) {
      const onProblem = (problem: string) => log.warn({ bot: name, problem }, "a bot is in trouble");
      const parts = { orderHandler, notifierUrl, key: keyOf(name), assets, idPrefix: `${life}-`, onProblem };
      this.#accounts.set(name, new TradingAccount(parts));
    }
  }

  start(): void {
    for (const strategy of this.#options.strategies)
      for (const account of accountsOf(strategy)) this.#trade(strategy, account);
    this.#ends.push(
      lookEvery(TIMER_RENEWED_MS, () => {
        for (const account of this.#accounts.values()) account.renewTimer();
      }),
    );
  }

  /** What each bot holds, by asset, and orders that nobody knows of. */
  get positions(): readonly {
    readonly bot: string;
    readonly asset: string;
    readonly lots: number;
    readonly lost: number;
  }[] {
    return [...this.#accounts].flatMap(([bot, { desks }]) =>
      [...desks].map(([asset, { inventoryLots: lots, lost }]) => ({ bot, asset, lots, lost })),
    );
  }

  /** Cancels everything. Resolves with the bots of which it is not known that they have no order left. */
  async stop(deadlineMs: number): Promise<string[]> {
    for (const end of this.#ends) end();
    const stopped = [...this.#accounts].map(async ([name, account]) =>
      (await account.stop(deadlineMs)) ? [] : [name],
    );
    const left = (await Promise.all(stopped)).flat();
    this.#market.close();
    return left;
  }

  #trade(strategy: Strategy, name: string): void {
    const { registry, seed, log, isPaper, onLook } = this.#options;
    const bots = new Map<string, Bot>();
    const papers = new Map<string, PaperDesk>();
    for (const asset of registry.assets.values()) {
      const paper = new PaperDesk();
      if (isPaper) papers.set(asset.asset, paper);
      const desk = this.#accounts.get(name)?.desk(asset.asset) ?? paper;
      bots.set(asset.asset, botOf({ strategy, account: name, asset, seed, desk }));
    }
    const look = () => {
      for (const [asset, bot] of bots) {
        const touch = this.#market.touchOf(asset);
        if (touch === null) continue;
        onLook({ asset, bot: name, touch });
        papers.get(asset)?.moved(touch);
        const intents = bot.look(touch);
        if (isPaper && intents.length > 0) log.info({ bot: name, asset, intents }, "would do");
      }
    };
    this.#ends.push(lookEvery(strategy.everyMs / this.#options.speed, look));
  }
}
