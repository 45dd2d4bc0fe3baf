/** Queries about accounts, for operators. Amounts are decimal text of their currency. */
import type { Queries } from "../database/database.js";
import { isOpenDay } from "../database/history-days.js";
import type { AccountId } from "../domain/units.js";
import { RefusedToOperator } from "./refused.js";

export interface Account {
  readonly accountId: AccountId;
  readonly account: string;
  readonly kind: "customer" | "exchange";
  readonly status: "open" | "suspended" | "closed";
  readonly createdAt: Date;
}

const ACCOUNT = `account_id as "accountId", name as account, kind,
  case when closed then 'closed' when suspended then 'suspended' else 'open' end as status,
  created_at as "createdAt"`;

export async function findAccount(database: Queries, name: string): Promise<Account> {
  const [account] = await database.query<Account>(`select ${ACCOUNT} from accounts where name = $1`, [name]);
  if (account === undefined)
    throw new RefusedToOperator(`there is no account ${name}; npm run account -- list shows all`, "there is none");
  return account;
}

/** Finds an account of a customer; the exchange's own accounts are refused. */
export async function findCustomer(database: Queries, name: string): Promise<Account> {
  const account = await findAccount(database, name);
  if (account.kind === "exchange") throw new RefusedToOperator(`${name} is the exchange's own account`);
  return account;
}

export function listAccounts(database: Queries): Promise<Account[]> {
  return database.query<Account>(`select ${ACCOUNT} from accounts order by account_id`);
}

export interface AccountsPage {
  /** The last account of the page before; 0: this is the first. */
  readonly after: number;
  /** What names begin with. */
  readonly prefix: string;
  readonly limit: number;
}

/** Customers' accounts and the exchange's own, in the order in which they were made. */
export function accountsAfter(database: Queries, { after, prefix, limit }: AccountsPage): Promise<Account[]> {
  return database.query<Account>(
    `select ${ACCOUNT} from accounts where account_id > $1 and starts_with(name, $2) order by account_id limit $3`,
    [after, prefix, limit],
  );
}

export interface Balance {
  readonly currency: string;
  readonly available: string;
  readonly held: string;
}

/** An account's balances: of one currency, or all that are not empty. */
export function balancesOf(database: Queries, account: AccountId, currency: string | null = null): Promise<Balance[]> {
  return database.query<Balance>(
    `select b.currency, ${decimal("b.available")} as available, ${decimal("b.held")} as held
     from balances b join currencies c using (currency)
     where b.account_id = $1 and ($2::text is null and (b.available <> 0 or b.held <> 0) or b.currency = $2)
     order by b.currency`,
    [account, currency],
  );
}

export interface Key {
  readonly keyId: string;
  readonly role: string;
  readonly status: "good" | "revoked" | "expired";
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

export function keysOf(database: Queries, account: AccountId): Promise<Key[]> {
  return database.query<Key>(
    `select key_id as "keyId", role,
       case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' else 'good' end as status,
       created_at as "createdAt", expires_at as "expiresAt"
     from api_keys where account_id = $1 order by created_at, key_id`,
    [account],
  );
}

export interface OpenOrder {
  readonly asset: string;
  readonly orderId: number;
  readonly clientOrderId: string | null;
  readonly side: string;
  readonly type: string;
  readonly status: string;
  readonly price: string | null;
  readonly quantity: string | null;
  readonly filled: string;
}

export function openOrdersOf(database: Queries, account: AccountId, max: number): Promise<OpenOrder[]> {
  return database.query<OpenOrder>(
    `select o.asset, o.order_id as "orderId", o.client_order_id as "clientOrderId", o.side, o.type, o.status,
       trim_scale(o.price_ticks * a.tick_size)::text as price, trim_scale(o.quantity_lots * a.lot_size)::text as quantity,
       trim_scale(o.filled_lots * a.lot_size)::text as filled
     from orders o join assets a using (asset)
     where o.account_id = $1 and ${isOpenDay("o")}
     order by o.asset, o.order_id limit $2`,
    [account, max],
  );
}

export interface Entry {
  readonly at: Date;
  readonly kind: string;
  readonly source: string;
  readonly sequence: number;
  readonly currency: string;
  readonly available: string;
  readonly held: string;
}

/** The last changes of an account's balances, the newest first. */
export function lastEntriesOf(database: Queries, account: AccountId, max: number): Promise<Entry[]> {
  return database.query<Entry>(
    `select to_timestamp(e.at_us / 1000000.0) as at, e.kind, e.source, e.sequence, e.currency,
       ${decimal("e.available_change")} as available, ${decimal("e.held_change")} as held
     from ledger_entries e join currencies c using (currency) where e.account_id = $1
     order by e.at_us desc, e.source, e.sequence desc limit $2`,
    [account, max],
  );
}

export interface AuditedAction {
  readonly actionId: number;
  readonly madeAt: Date;
  readonly madeBy: string;
  readonly kind: string;
  readonly account: string | null;
  readonly about: string | null;
  readonly why: string;
}

/** Entries of the audit, the newest first; account null: of all accounts, before null: from the newest on. */
export function auditOf(
  database: Queries,
  account: AccountId | null,
  max: number,
  before: number | null = null,
): Promise<AuditedAction[]> {
  return database.query<AuditedAction>(
    `select a.action_id as "actionId", a.made_at as "madeAt", a.made_by as "madeBy", a.kind, n.name as account,
       case when a.detail is not null then concat_ws(' ', a.asset, a.detail)
            when a.kind = 'set_asset_state' then coalesce(a.asset, 'all assets') || ' ' || a.asset_state
            when a.key_id is not null then 'key ' || a.key_id
            when t.transfer_id is not null then ${decimal("t.units")} || ' ' || t.currency || ', reference ' || t.reference
            when a.kind = 'cancel_all' and a.account_id is null then 'all customers in ' || coalesce(a.asset, 'all assets')
            when a.account_id is null and a.kind in ('suspend', 'resume') then 'all customers' end as about, a.why
     from actions a left join accounts n using (account_id) left join transfers t using (transfer_id)
       left join currencies c on c.currency = t.currency
     where ($1::bigint is null or a.account_id = $1) and ($3::bigint is null or a.action_id < $3)
     order by a.action_id desc limit $2`,
    [account, max, before],
  );
}

/** SQL for an amount of the currency `c`. */
function decimal(units: string): string {
  return `trim_scale(${units} * 10::numeric ^ (-c.decimals))::text`;
}
