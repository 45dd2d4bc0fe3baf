/** Markets that operators create while everything runs: the assets file has the first ones, Postgres these. */
import { type Currency, type GrowingRegistry, readAssets } from "../domain/assets.js";
import type { AssetTerms } from "../domain/assets-schema.js";
import { ConfigurationError } from "../domain/errors.js";
import type { Service } from "../process/lifecycle.js";
import type { Logger } from "../process/log.js";
import { pausedFor } from "../process/waits.js";
import type { Database, Queries } from "./database.js";
import type { News } from "./news.js";

/** How soon it is looked again where Postgres was not there at all yet. */
const RETRY_MS = 500;

const NEW = `select terms, (select jsonb_object_agg(currency, jsonb_build_object('decimals', decimals, 'kind', kind))
    from currencies where currency = any(string_to_array(asset, '-'))) as currencies
  from created_assets where not asset = any($1::text[]) order by action_id`;

interface CreatedAsset {
  readonly terms: AssetTerms;
  readonly currencies: Readonly<Record<string, Omit<Currency, "currency">>>;
}

/** A moment that somebody goes back to may be one before any market could be created. */
export async function hasCreatedAssets(database: Queries): Promise<boolean> {
  const [row] = await database.query<{ known: boolean }>(
    "select to_regclass('public.created_assets') is not null as known",
  );
  return row?.known === true;
}

/** Takes up what was created and is not known here. One that can't be taken up is left, with a line in the log; the others come. */
export async function takeUpCreatedAssets(database: Queries, registry: GrowingRegistry, log: Logger): Promise<void> {
  for (const { terms, currencies } of await database.query<CreatedAsset>(NEW, [[...registry.assets.keys()]])) {
    try {
      const read = readAssets({ currencies, assets: [terms] });
      if ("problems" in read) throw new ConfigurationError(read.problems.join("; "));
      registry.takeUp(read);
      log.info({ asset: terms.asset }, "a market that was created is known here");
    } catch (err) {
      log.error({ err, asset: terms.asset }, "a market that was created can't be taken up: was it by a newer build?");
    }
  }
}

export interface KnownAssets {
  readonly registry: GrowingRegistry;
  /** The names in ASSETS; null: all assets. */
  readonly named?: ReadonlySet<string> | null;
}

/** Looks when there is news of an action. What goes by itself begins with the assets file, and learns here what was created before it started. */
export class CreatedAssetsWatch {
  readonly #database: () => Database | Promise<Database>;
  readonly #assets: KnownAssets;
  readonly #log: Logger;
  #isFailing = false;

  constructor(database: () => Database | Promise<Database>, assets: KnownAssets, log: Logger) {
    this.#database = database;
    this.#assets = assets;
    this.#log = log;
  }

  /** Rejects with a ConfigurationError if ASSETS names what there is not, and if Postgres can't answer. */
  async look(): Promise<void> {
    const { registry, named = null } = this.#assets;
    await takeUpCreatedAssets(await this.#database(), registry, this.#log);
    const unknown = [...(named ?? [])].filter((one) => !registry.assets.has(one));
    if (unknown.length > 0)
      throw new ConfigurationError(
        `ASSETS names ${unknown.join(", ")}; known are ${[...registry.assets.keys()].join(", ")}`,
      );
  }

  /** While Postgres is away, what was known before holds. Rejects with a ConfigurationError only. */
  async run(stopping: AbortSignal): Promise<void> {
    let news: News | null = null;
    while (await (news?.come(stopping) ?? pausedFor(RETRY_MS, stopping))) {
      try {
        news ??= (await this.#database()).news();
        await news.ask(() => this.look());
        this.#isFailing = false;
      } catch (err) {
        if (err instanceof ConfigurationError) throw err;
        if (!this.#isFailing) this.#log.warn({ err }, "new markets can't be looked for; those known before go on");
        this.#isFailing = true;
      }
    }
  }
}

/** Knows all assets once it resolves, and from then on new ones within a second. */
export async function followCreatedAssets(
  service: Pick<Service, "log" | "background" | "stopping">,
  database: Database,
  assets: KnownAssets,
): Promise<void> {
  const watch = new CreatedAssetsWatch(() => database, assets, service.log);
  await watch.look();
  service.background("created assets", watch.run(service.stopping));
}
