/**
 * What operators decided after the moment: it is in Postgres alone, so that a way back undoes it. What requests in ORDERS rest on
 * is made again: accounts with the same ids, markets, and deposits under the same references. The rest is written down for operators.
 */
import { join } from "node:path";
import { hasCreatedAssets } from "../shared/database/created-assets.js";
import type { Queries } from "../shared/database/database.js";
import { nowEpochMs } from "../shared/process/clock.js";
import { writeSynced } from "./catalog.js";
import type { Tell } from "./cluster-copy.js";

interface UndoneAction {
  readonly actionId: number;
  readonly kind: string;
  readonly accountId: number | null;
  readonly account: string | null;
  readonly asset: string | null;
  readonly state: string | null;
  readonly keyId: string | null;
  readonly currency: string | null;
  readonly units: number | null;
  readonly reference: string | null;
  readonly madeBy: string;
  readonly why: string;
  readonly madeAt: Date;
}

interface UndoneAccount {
  readonly accountId: number;
  readonly name: string;
  /** Who signs in to it; null: nobody does. */
  readonly email: string | null;
}

interface UndoneMarket {
  readonly asset: string;
  readonly terms: object;
  readonly currencies: readonly { readonly currency: string; readonly decimals: number; readonly kind: string }[];
  readonly detail: string | null;
  readonly madeBy: string;
  readonly why: string;
}

export interface Undone {
  readonly markets: readonly UndoneMarket[];
  readonly accounts: readonly UndoneAccount[];
  readonly actions: readonly UndoneAction[];
}

export const NOTHING_UNDONE: Undone = { markets: [], accounts: [], actions: [] };

/** What services decide by themselves follows from the replay, or from the clock, again. */
const ACTIONS = `select a.action_id as "actionId", a.kind, a.account_id as "accountId", c.name as account, a.asset,
    a.asset_state as state, a.key_id as "keyId", t.currency, t.units, t.reference, a.made_by as "madeBy", a.why,
    a.made_at as "madeAt"
  from actions a left join accounts c using (account_id) left join transfers t using (transfer_id)
  where a.made_at > $1 and a.made_by <> 'order-processing' order by a.action_id`;
/** Or done to all: after going back nobody is signed in. */
const MADE_AGAIN = ["deposit", "create_account", "create_asset", "end_session"];
/** One that was begun before the moment may have been committed after it. */
const ACCOUNTS = `select account_id as "accountId", name, email from accounts left join people using (account_id)
  where kind = 'customer' and created_at > $1::timestamptz - interval '1 h' order by account_id`;

const MARKETS = `select m.asset, m.terms, a.detail, a.made_by as "madeBy", a.why,
    (select jsonb_agg(c) from currencies c where currency = any(string_to_array(m.asset, '-'))) as currencies
  from created_assets m join actions a using (action_id)
  where a.made_at > $1::timestamptz - interval '1 h' order by action_id`;

/** Of the Postgres that is still at the end of its history. */
export async function undoneAfter(database: Queries, moment: Date): Promise<Undone> {
  return {
    markets: (await hasCreatedAssets(database)) ? await database.query(MARKETS, [moment]) : [],
    accounts: await database.query(ACCOUNTS, [moment]),
    actions: await database.query(ACTIONS, [moment]),
  };
}

/** In the Postgres that has gone back. Can be done again. */
export async function makeAgain(
  database: Queries,
  { markets, accounts, actions }: Undone,
  folder: string,
  tell: Tell,
): Promise<void> {
  const columns = [accounts.map(({ accountId }) => accountId), accounts.map(({ name }) => name)];
  await database.query(
    `insert into accounts (account_id, name) overriding system value
     select * from unnest($1::bigint[], $2::text[]) on conflict do nothing`,
    columns,
  );
  await database.query(
    "select setval(pg_get_serial_sequence('accounts', 'account_id'), (select max(account_id) from accounts))",
  );
  await makePeopleAgain(database, accounts, tell);
  await makeMarketsAgain(database, markets);
  const deposits = actions.filter(({ kind }) => kind === "deposit");
  for (const { accountId, currency, units, reference, madeBy, why } of deposits)
    await database.query("select make_transfer('deposit', $1, $2, $3, $4, $5, $6)", [
      accountId,
      currency,
      units,
      reference,
      madeBy,
      why,
    ]);
  const rest = actions.filter(({ kind }) => !MADE_AGAIN.includes(kind));
  if (deposits.length > 0) tell(`${deposits.length} deposits after that moment are made again`);
  if (rest.length === 0) return;
  const file = join(folder, `undone-${new Date(nowEpochMs()).toISOString().replaceAll(":", "-")}.jsonl`);
  writeSynced(file, rest.map((action) => `${JSON.stringify(action)}\n`).join(""));
  tell(`${rest.length} decisions of operators after that moment are undone, and have to be made again: ${file}`);
}

/** Their hours are an operator's to set again. */
async function makeMarketsAgain(database: Queries, markets: readonly UndoneMarket[]): Promise<void> {
  for (const { asset, terms, currencies, detail, madeBy, why } of markets)
    await database.query(
      `select create_asset($1, $2::jsonb, $3, $4, $5, '{}', '{}', '{}', 'UTC', $6, $7, $8)
       where not exists (select from assets where asset = $1)`,
      [
        asset,
        JSON.stringify(terms),
        currencies.map(({ currency }) => currency),
        currencies.map(({ decimals }) => decimals),
        currencies.map(({ kind }) => kind),
        ...[detail, madeBy, why],
      ],
    );
}

/** Whoever signed up stays the one who has the account. Sign-ins that were ended must not be good again: all of them end. */
async function makePeopleAgain(database: Queries, accounts: readonly UndoneAccount[], tell: Tell): Promise<void> {
  const [{ known } = { known: false }] = await database.query<{ known: boolean }>(
    "select to_regclass('public.people') is not null as known",
  );
  if (!known) return;
  const people = accounts.filter(({ email }) => email !== null);
  await database.query(
    `insert into people (email, account_id) select * from unnest($1::text[], $2::bigint[]) on conflict do nothing`,
    [people.map(({ email }) => email), people.map(({ accountId }) => accountId)],
  );
  await database.query("update sign_in_codes set used_at = now() where used_at is null");
  const ended = await database.query(
    `select end_session(person_id, session_id, 'the database went back in time') from sign_in_sessions
     where ended_at is null`,
  );
  if (ended.length > 0) tell(`${ended.length} sign-ins have ended: their people sign in again`);
}
