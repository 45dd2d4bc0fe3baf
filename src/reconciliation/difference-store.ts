/** Open differences (found, and not right yet), kept in Postgres so that each is logged, and halts its assets, only once. */
import type { Database, Statement } from "../shared/database/database.js";
import type { Difference, RowName } from "./comparison.js";
import { differenceText } from "./difference-text.js";
import type { AccountWindow, Window } from "./window.js";

/** The place where a difference was found, which must be looked at again to see whether it is right. */
export type Place =
  | { readonly of: "everything" | "state" }
  | { readonly of: "window"; readonly window: Window }
  | { readonly of: "account"; readonly window: AccountWindow }
  | { readonly of: "book"; readonly asset: string };

export interface OpenDifference {
  readonly id: number;
  readonly difference: Difference;
  readonly assets: readonly string[];
  readonly foundIn: Place;
  readonly lastSeenAtMs: number;
}

export interface NewDifference {
  readonly difference: Difference;
  /** The assets that it halts. */
  readonly assets: readonly string[];
  readonly foundIn: Place;
}

/** A difference about an account, and no asset, concerns the assets of so many of its latest reports. */
const LATEST_REPORTS = 100;
const REASON_CHARACTERS_MAX = 500;

export class DifferenceStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The open differences; first those that were seen the longest ago. */
  async open(): Promise<OpenDifference[]> {
    return await this.#database.query<OpenDifference>(
      `select difference_id as id, assets, found_in as "foundIn",
         extract(epoch from last_seen_at)::float8 * 1000 as "lastSeenAtMs", jsonb_build_object('rule', rule,
         'row', jsonb_build_object('table', table_name, 'key', key), 'column', column_name,
         'found', found, 'expected', expected, 'source', source) as difference
       from reconciliation_differences where resolved_at is null order by last_seen_at, difference_id`,
    );
  }

  /** Stores the differences and halts their assets, in one transaction: a known difference has always halted its assets. */
  async add(differences: readonly NewDifference[]): Promise<void> {
    const reasons = new Map<string, string>();
    for (const { difference, assets } of differences)
      for (const asset of assets)
        if (!reasons.has(asset)) reasons.set(asset, differenceText(difference).slice(0, REASON_CHARACTERS_MAX));
    const halts = [...reasons].map(([asset, reason]) => ({ asset, reason }));
    await this.#database.transaction([
      statement(
        `insert into reconciliation_differences
           (rule, table_name, key, column_name, found, expected, source, assets, found_in)
         select rule, table_name, key, column_name, found, expected, source, assets, found_in from jsonb_to_recordset($1::jsonb)
           as d(rule text, table_name text, key jsonb, column_name text, found text, expected text, source jsonb,
                assets text[], found_in jsonb)
         on conflict (rule, table_name, key, column_name) where resolved_at is null do nothing`,
        differences.map(({ difference: { rule, row, column, found, expected, source }, assets, foundIn }) => ({
          ...{ rule, table_name: row.table, key: row.key, column_name: column, found, expected, source, assets },
          found_in: foundIn,
        })),
      ),
      statement(
        "select halt_for_difference(asset, reason) from jsonb_to_recordset($1::jsonb) as h(asset text, reason text)",
        halts,
      ),
    ]);
  }

  /** Notes that those of `seen` are still there, and those of `resolved` are right again. */
  async update(seen: readonly OpenDifference[], resolved: readonly OpenDifference[]): Promise<void> {
    if (seen.length + resolved.length === 0) return;
    await this.#database.query(
      `update reconciliation_differences set
         last_seen_at = case when difference_id = any($1::bigint[]) then now() else last_seen_at end,
         resolved_at = case when difference_id = any($2::bigint[]) then now() end
       where difference_id = any($1::bigint[]) or difference_id = any($2::bigint[])`,
      [seen.map(({ id }) => id), resolved.map(({ id }) => id)],
    );
  }

  /** The known assets that a difference is about; none if neither of its rows leads to one. */
  async assetsOf({ row, source }: Difference, known: { has(asset: string): boolean }): Promise<string[]> {
    const named = [row, source].flatMap((name) => (isAsset(name, known) ? [assetIn(name) as string] : []));
    if (named.length > 0) return [...new Set(named)];
    for (const { table, key } of [row, source]) {
      const [column, sql] = WHOSE_ASSETS[table] ?? [];
      if (column === undefined || sql === undefined || (key[column] ?? null) === null) continue;
      const values = table === "execution_reports" ? [key[column], key["account_sequence"]] : [key[column]];
      const rows = await this.#database.query<{ asset: string }>(sql, values);
      if (rows.length > 0) return rows.map(({ asset }) => asset).filter((asset) => known.has(asset));
    }
    return [];
  }
}

const TRADES_CURRENCY = "select asset from assets where base = $1 or quote = $1 order by asset";

/** By table, for rows without an asset: the column of the key that leads to assets, and the query that finds them. */
const WHOSE_ASSETS: Readonly<Record<string, readonly [column: string, sql: string]>> = {
  execution_reports: [
    "account_id",
    "select asset from execution_reports where account_id = $1::bigint and account_sequence = $2::bigint",
  ],
  balances: ["currency", TRADES_CURRENCY],
  ledger_entries: ["currency", TRADES_CURRENCY],
  account_sequences: [
    "account_id",
    `select distinct asset from (select asset from execution_reports where account_id = $1::bigint
       order by account_sequence desc limit ${LATEST_REPORTS}) r order by asset`,
  ],
};

function assetIn({ table, key }: RowName): string | null {
  return (table === "ledger_entries" ? key["source"] : key["asset"]) ?? null;
}

function isAsset(name: RowName, known: { has(asset: string): boolean }): boolean {
  return known.has(assetIn(name) ?? "");
}

function statement(text: string, rows: readonly object[]): Statement {
  return { name: "", text, values: [JSON.stringify(rows)] };
}
