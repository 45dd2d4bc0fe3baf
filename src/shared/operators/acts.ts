/** Acts: statements that change something and write their own audit row, and what Postgres' errors about them mean to who asked. */
import type { Queries, Row } from "../database/database.js";
import { isPostgresError } from "../database/postgres-errors.js";
import type { AssetState } from "../domain/messages.js";
import { type TradingStretch, tradingHoursIn, tradingHoursText } from "../domain/trading-hours.js";
import type { Account } from "./accounts.js";
import { RefusedToOperator } from "./refused.js";

/** Who acts, by the name that the audit gets, and why. */
export interface By {
  readonly actor: string;
  readonly why: string;
}

export interface Act {
  /** One statement; its row says what came of it. */
  readonly text: string;
  readonly values: readonly unknown[];
  /** What an error of it means: RefusedToOperator where somebody asked for what can't be, else the error itself. */
  readonly explain: (error: unknown, database: Queries) => Promise<unknown> | unknown;
}

/** Carries it out. Rejects with RefusedToOperator where it can't be. */
export async function perform(database: Queries, act: Act): Promise<Row[]> {
  try {
    return await database.query(act.text, act.values);
  } catch (error) {
    throw await act.explain(error, database);
  }
}

const ACCOUNT_NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

export function createAccount(name: string, { actor, why }: By): Act {
  if (!ACCOUNT_NAME.test(name)) {
    const text = `${name} can't be a name: 1 to 32 of a-z 0-9 _ -, a letter or digit first`;
    throw new RefusedToOperator(text, "it is wrong");
  }
  return {
    text: `with made as (insert into accounts (name) values ($1) returning account_id)
      select account_id as "accountId", record_action('create_account', account_id, null, null, null, null, $2, $3) as "actionId"
      from made`,
    values: [name, actor, why],
    explain: (error) =>
      isPostgresError(error, "uniqueViolation") ? new RefusedToOperator(`there is an account ${name} already`) : error,
  };
}

/** Null: every customer's account, but for those that have an operator's key. */
export function changeAccount(
  change: "suspend" | "resume" | "close",
  account: Pick<Account, "account" | "accountId"> | null,
  { actor, why }: By,
): Act {
  return {
    text: `select change_account($1, $2, $3, $4) as "actionId"`,
    values: [change, account?.accountId ?? null, actor, why],
    explain: (error) =>
      isPostgresError(error, "accountNotChanged")
        ? new RefusedToOperator(`${account?.account} is closed, and stays so`)
        : error,
  };
}

/** Null: all assets. */
export function setAssetState(asset: string | null, state: AssetState, { actor, why }: By): Act {
  return {
    text: `select set_asset_state($1, $2, $3, $4) as "actionId"`,
    values: [asset, state, actor, why],
    explain: (error, database) =>
      isPostgresError(error, "foreignKeyViolation") ? noSuchAsset(database, asset ?? "all") : error,
  };
}

/** No hours: it trades at all times again. `zone` as Postgres knows it: Europe/Zurich, UTC. */
export function setTradingHours(
  asset: string,
  hours: readonly TradingStretch[],
  zone: string,
  { actor, why }: By,
): Act {
  const values = [
    hours.map(({ weekday }) => weekday),
    hours.map(({ opens }) => opens),
    hours.map(({ closes }) => closes),
  ];
  return {
    text: `select set_trading_hours($4, $1::smallint[], $2::time[], $3::time[], $5, $6, $7) as "actionId"`,
    values: [...values, asset, zone, actor, why],
    explain: (error, database) => {
      if (isPostgresError(error, "foreignKeyViolation")) return noSuchAsset(database, asset);
      return explainHours(error, zone);
    },
  };
}

export function explainHours(error: unknown, zone: string): unknown {
  if (!isPostgresError(error, "invalidParameter")) return error;
  return new RefusedToOperator(`there is no time zone ${zone}; there are UTC, Europe/Zurich and the like`);
}

/** "Mon-Fri 09:00-17:30, Sat 10:00-12:00"; "none": it trades at all times. Throws RefusedToOperator. */
export function hoursIn(text: string): TradingStretch[] {
  const hours = text === "none" ? [] : tradingHoursIn(text);
  if (hours !== null) return hours;
  throw new RefusedToOperator(`${text} are no hours: "Mon-Fri 09:00-17:30, Sat 10:00-12:00", or none`, "it is wrong");
}

export interface AssetWithState {
  readonly asset: string;
  readonly state: AssetState;
  readonly since: Date | null;
  readonly why: string | null;
  /** Mon-Fri 09:00-17:30 Europe/Zurich; null: it trades at all times. */
  readonly hours: string | null;
}

/** Of one asset, or all. */
export async function assetStatesOf(database: Queries, asset: string | null): Promise<AssetWithState[]> {
  const rows = await database.query<Omit<AssetWithState, "hours"> & { stretches: TradingStretch[]; zone: string }>(
    `select asset, coalesce(state, 'open') as state, since, why, zone, coalesce(stretches, '[]') as stretches
     from assets left join asset_states using (asset) left join (
       select asset, min(time_zone) as zone, json_agg(json_build_object(
         'weekday', weekday, 'opens', to_char(opens, 'HH24:MI'), 'closes', to_char(closes, 'HH24:MI'))) as stretches
       from trading_hours group by asset) as h using (asset)
     where $1::text is null or asset = $1 order by asset`,
    [asset],
  );
  return rows.map(({ stretches, zone, ...row }) => {
    return { ...row, hours: stretches.length === 0 ? null : `${tradingHoursText(stretches)} ${zone}` };
  });
}

export async function noSuchAsset(database: Queries, asset: string): Promise<RefusedToOperator> {
  const rows = await database.query<{ asset: string }>("select asset from assets order by asset");
  const names = rows.map((row) => row.asset).join(", ");
  return new RefusedToOperator(`there is no asset ${asset}; there are ${names}, and all`, "there is none");
}
