import type { AssetRegistry } from "../shared/domain/assets.js";
import type { Bot } from "./bot.js";
import { botOf } from "./bot-of.js";
import { PaperDesk } from "./paper-desk.js";
import type { Look } from "./recording.js";
import { accountsOf } from "./strategies/strategies.js";
import type { Intent, Strategy } from "./view.js";

export interface Decision {
  readonly asset: string;
  readonly bot: string;
  readonly inventoryLots: number;
  readonly intents: readonly Intent[];
}

export interface ReplayOptions {
  readonly registry: AssetRegistry;
  readonly strategies: readonly Strategy[];
  readonly seed: number;
}

/** What the bots decide on a recorded market, on paper: the same each time. Looks of other bots and assets are left out. */
export function* replayed(looks: Iterable<Look>, { registry, strategies, seed }: ReplayOptions): Generator<Decision> {
  const strategyOf = new Map(strategies.flatMap((strategy) => accountsOf(strategy).map((name) => [name, strategy])));
  const bots = new Map<string, { readonly bot: Bot; readonly desk: PaperDesk }>();
  for (const { asset: name, bot: account, touch } of looks) {
    const [asset, strategy] = [registry.assets.get(name), strategyOf.get(account)];
    if (asset === undefined || strategy === undefined) continue;
    const key = `${name}/${account}`;
    const known = bots.get(key);
    const desk = known?.desk ?? new PaperDesk();
    const bot = known?.bot ?? botOf({ strategy, account, asset, seed, desk });
    bots.set(key, { bot, desk });
    desk.moved(touch);
    const intents = bot.look(touch);
    if (intents.length > 0) yield { asset: name, bot: account, inventoryLots: desk.inventoryLots, intents };
  }
}
