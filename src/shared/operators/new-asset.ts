/** Creating a market while everything runs: by the rules of the assets file, and once. */
import type { Queries } from "../database/database.js";
import { isPostgresError } from "../database/postgres-errors.js";
import { type Currency, readAssets } from "../domain/assets.js";
import type { AssetTerms } from "../domain/assets-schema.js";
import type { TradingStretch } from "../domain/trading-hours.js";
import { type Act, type By, explainHours } from "./acts.js";
import { RefusedToOperator } from "./refused.js";

export interface NewAsset {
  /** As the assets file would list it. */
  readonly terms: AssetTerms;
  /** Those of its currencies that are new, by name. */
  readonly currencies: Readonly<Record<string, Pick<Currency, "decimals"> & Partial<Pick<Currency, "kind">>>>;
  /** None: it trades at all times. */
  readonly hours: readonly TradingStretch[];
  readonly zone: string;
}

/** Rejects with RefusedToOperator where it breaks a rule. */
export async function createAsset(database: Queries, asked: NewAsset, { actor, why }: By): Promise<Act> {
  const { terms, hours, zone } = asked;
  const known = await database.query<Currency>("select currency, decimals, kind from currencies");
  const own = String(terms.asset).split("-");
  const stray = Object.keys(asked.currencies).find((currency) => !own.includes(currency));
  if (stray !== undefined) throw new RefusedToOperator(`${stray} is no currency of ${terms.asset}`, "it is wrong");
  const currencies = own.flatMap((currency) => {
    const [given, there] = [asked.currencies[currency], known.find((one) => one.currency === currency)];
    if (there === undefined) return given === undefined ? [] : [{ currency, kind: "crypto" as const, ...given }];
    const differs = given !== undefined && given.decimals !== there.decimals;
    if (differs) throw otherDecimals(`${currency} has ${there.decimals} decimals`);
    return [there];
  });
  const listed = Object.fromEntries(currencies.map(({ currency, decimals, kind }) => [currency, { decimals, kind }]));
  const unknown = own.filter((currency) => !(currency in listed));
  if (own.length === 2 && unknown.length > 0)
    throw new RefusedToOperator(
      `${unknown.join(" and ")}: there is no such currency yet; say how many decimals it has`,
      "it is wrong",
    );
  const read = readAssets({ currencies: listed, assets: [terms] });
  if ("problems" in read) throw new RefusedToOperator(read.problems.join("; "), "it is wrong");
  return {
    text: `select create_asset($1, $2::jsonb, $3::text[], $4::integer[], $5::text[], $6::smallint[], $7::time[], $8::time[],
      $9, $10, $11, $12) as "actionId"`,
    values: [
      terms.asset,
      JSON.stringify(terms),
      currencies.map(({ currency }) => currency),
      currencies.map(({ decimals }) => decimals),
      currencies.map(({ kind }) => kind),
      ...[hours.map(({ weekday }) => weekday), hours.map(({ opens }) => opens), hours.map(({ closes }) => closes)],
      zone,
      termsText(terms),
      actor,
      why,
    ],
    explain: (error) => explained(error, terms.asset) ?? explainHours(error, zone),
  };
}

/** Null: it is about something else. */
function explained(error: unknown, asset: string): RefusedToOperator | null {
  const { message } = error as Error;
  if (isPostgresError(error, "assetTaken")) return new RefusedToOperator(`there is an asset ${asset} already`);
  if (isPostgresError(error, "symbolTaken")) {
    const symbol = asset.replace("-", "");
    const text = `${message} and ${asset} would both be ${symbol} to Binance's clients: give it another name`;
    return new RefusedToOperator(text);
  }
  return isPostgresError(error, "otherDecimals") ? otherDecimals(message) : null;
}

function otherDecimals(what: string): RefusedToOperator {
  return new RefusedToOperator(`${what}, and keeps them: balances are counted in them`);
}

/** For the audit: "tickSize 0.01, lotSize 0.001". */
function termsText({ asset: _, ...terms }: AssetTerms): string {
  return Object.entries(terms)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
