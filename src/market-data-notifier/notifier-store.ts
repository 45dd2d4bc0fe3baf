import type { Database } from "../shared/database/database.js";
import type { Asset } from "../shared/domain/assets.js";
import { formatAmount, formatDecimal, formatPrice } from "../shared/domain/decimal.js";
import { InvariantBroken } from "../shared/domain/errors.js";
import { reportJson } from "../shared/domain/report-json.js";
import type { PublicTrade, SequencedReport } from "../shared/domain/reports.js";
import type { AccountId } from "../shared/domain/units.js";
import type { FeedReport } from "./channels/account-feed.js";
import type { AccountBalances, Balance, BalancesSource } from "./channels/balances-channel.js";
import type { AccountSnapshot, OrdersSource } from "./channels/orders-channel.js";
import type { TradesSource } from "./channels/trades-channel.js";

/** More open orders than this are counted, not sent: the newest ones are. */
const OPEN_ORDERS_MAX = 5_000;
const TRADES_PAGE_MAX = 1_000;

const TRADE_COLUMNS = `trade_id as "tradeId", price_ticks as "priceTicks", quantity_lots as "quantityLots",
  taker_side as "takerSide", executed_at_us as "executedAtUs"`;

const REPORT_COLUMNS = `account_id as "accountId", account_sequence as "accountSequence", asset, event, status,
  order_id as "orderId", client_order_id as "clientOrderId", side, type, time_in_force as "timeInForce",
  price_ticks as "priceTicks", quantity_lots as "quantityLots", filled_lots as "filledLots", leaves_lots as "leavesLots",
  trade_id as "tradeId", last_price_ticks as "lastPriceTicks", last_quantity_lots as "lastQuantityLots", liquidity,
  fee_units as "feeUnits", reason, received_at_us as "receivedAtUs", matched_at_us as "matchedAtUs"`;

/** One statement sees one moment: the orders are those after exactly the report of last_sequence. */
const ACCOUNT_SNAPSHOT = `
  select coalesce((select last_sequence from account_sequences where account_id = $1), 0) as "accountSequence",
    (select count(*) from orders where account_id = $1 and status in ('open', 'partially_filled', 'pending_trigger'))
      as "openOrdersTotal",
    coalesce((select json_agg(open_order) from (
      select asset, order_id as "orderId", client_order_id as "clientOrderId", status, side, type,
        time_in_force as "timeInForce", case when type not in ('market', 'stop_market') then price_ticks end as "priceTicks",
        quantity_lots as "quantityLots",
        filled_lots as "filledLots", leaves_lots as "leavesLots", received_at_us as "receivedAtUs"
      from orders where account_id = $1 and status in ('open', 'partially_filled', 'pending_trigger')
      order by received_at_us desc, order_id desc limit ${OPEN_ORDERS_MAX}) open_order), '[]') as "openOrders"`;

/** An account with its sequence and its balances in one moment. Sums may be above 2^53: as text. */
const BALANCES = `
  select a.account_id as "accountId", coalesce(s.last_sequence, 0) as "accountSequence",
    coalesce((select json_agg(json_build_object('currency', b.currency, 'decimals', c.decimals,
        'available', b.available::text, 'held', b.held::text) order by b.currency)
      from balances b join currencies c using (currency) where b.account_id = a.account_id), '[]') as balances
  from unnest($1::bigint[]) a(account_id) left join account_sequences s on s.account_id = a.account_id`;

interface BalancesRow {
  readonly accountId: AccountId;
  readonly accountSequence: number;
  readonly balances: readonly BalanceRow[];
}

interface BalanceRow {
  readonly currency: string;
  readonly decimals: number;
  readonly available: string;
  readonly held: string;
}

interface OpenOrderRow {
  readonly asset: string;
  readonly priceTicks: number | null;
  readonly quantityLots: number | null;
  readonly filledLots: number;
  readonly leavesLots: number | null;
}

interface SnapshotRow {
  readonly accountSequence: number;
  readonly openOrdersTotal: number;
  readonly openOrders: OpenOrderRow[];
}

/** What the notifier reads from Postgres; it writes nothing. */
export class NotifierStore implements TradesSource, OrdersSource, BalancesSource {
  readonly #database: Database;
  readonly #assets: ReadonlyMap<string, Asset>;

  constructor(database: Database, assets: ReadonlyMap<string, Asset>) {
    this.#database = database;
    this.#assets = assets;
  }

  async recentTrades(asset: string, tradesMax: number): Promise<PublicTrade[]> {
    const text = `select ${TRADE_COLUMNS} from trades where asset = $1 order by trade_id desc limit $2`;
    return (await this.#database.query<PublicTrade>(text, [asset, tradesMax])).reverse();
  }

  tradesAfter(asset: string, after: number, upTo: number): Promise<PublicTrade[]> {
    const text = `select ${TRADE_COLUMNS} from trades where asset = $1 and trade_id > $2 and trade_id <= $3
      order by trade_id limit ${TRADES_PAGE_MAX}`;
    return this.#database.query<PublicTrade>(text, [asset, after, upTo]);
  }

  async accountSnapshot(accountId: AccountId): Promise<AccountSnapshot> {
    const [row] = await this.#database.query<SnapshotRow>(ACCOUNT_SNAPSHOT, [accountId]);
    if (row === undefined) throw new InvariantBroken("a select without from has one row");
    return {
      ...row,
      openOrders: row.openOrders.map((order) => openOrderJson(order, this.#assetOf(order.asset))).reverse(),
    };
  }

  async reportsAfter(accountId: AccountId, after: number, reportsMax: number): Promise<FeedReport[]> {
    const text = `select ${REPORT_COLUMNS} from execution_reports where account_id = $1 and account_sequence > $2
      order by account_sequence limit $3`;
    const rows = await this.#database.query<SequencedReport & { asset: string }>(text, [accountId, after, reportsMax]);
    return rows.map(({ asset, ...report }) => ({
      accountSequence: report.accountSequence,
      matchedAtUs: report.matchedAtUs,
      json: this.render(asset, report),
    }));
  }

  async balancesOf(accountIds: readonly AccountId[]): Promise<AccountBalances[]> {
    const rows = await this.#database.query<BalancesRow>(BALANCES, [accountIds]);
    return rows.map(({ balances, ...account }) => ({ ...account, balances: balances.map(balanceJson) }));
  }

  async lastTradeIds(): Promise<{ asset: string; tradeId: number }[]> {
    const text = `select asset, coalesce((select max(trade_id) from trades where trades.asset = names.asset), 0) as "tradeId"
      from unnest($1::text[]) as names(asset)`;
    return await this.#database.query(text, [[...this.#assets.keys()]]);
  }

  async lastAccountSequences(
    accountIds: readonly AccountId[],
  ): Promise<{ accountId: AccountId; accountSequence: number }[]> {
    if (accountIds.length === 0) return [];
    const text = `select account_id as "accountId", last_sequence as "accountSequence" from account_sequences
      where account_id = any($1::bigint[])`;
    return await this.#database.query(text, [accountIds]);
  }

  render(asset: string, report: SequencedReport): object {
    return reportJson(report, this.#assetOf(asset));
  }

  #assetOf(name: string): Asset {
    const asset = this.#assets.get(name);
    if (asset === undefined) throw new InvariantBroken(`asset ${name} is in the database and not in the assets file`);
    return asset;
  }
}

function balanceJson({ currency, decimals, available, held }: BalanceRow): Balance {
  const unit = { scale: decimals, units: 1 };
  return { currency, available: formatAmount(BigInt(available), unit), held: formatAmount(BigInt(held), unit) };
}

/** As in an execution report: decimal text, and nothing where there is nothing to say. */
function openOrderJson(row: OpenOrderRow, asset: Asset): object {
  const { priceTicks, quantityLots, filledLots, leavesLots, ...order } = row;
  const json = {
    ...order,
    price: priceTicks === null ? null : formatPrice(priceTicks, asset.tick),
    quantity: quantityLots === null ? null : formatDecimal(quantityLots, asset.lot),
    filledQuantity: formatDecimal(filledLots, asset.lot),
    leavesQuantity: leavesLots === null ? null : formatDecimal(leavesLots, asset.lot),
  };
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}
