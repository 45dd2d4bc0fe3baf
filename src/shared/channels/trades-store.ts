import type { Database } from "../database/database.js";
import type { PublicTrade } from "../domain/reports.js";
import type { TradesHole, TradesSource } from "./trades-channel.js";

const TRADE_COLUMNS = `trade_id as "tradeId", price_ticks as "priceTicks", quantity_lots as "quantityLots",
  taker_side as "takerSide", executed_at_us as "executedAtUs"`;

/** Reads trades from Postgres for the channel `trades`. */
export class TradesStore implements TradesSource {
  readonly #database: Database;
  readonly #assets: ReadonlyMap<string, unknown>;

  constructor(database: Database, assets: ReadonlyMap<string, unknown>) {
    this.#database = database;
    this.#assets = assets;
  }

  async recentTrades(asset: string, tradesMax: number, before = Number.MAX_SAFE_INTEGER): Promise<PublicTrade[]> {
    const text = `select ${TRADE_COLUMNS} from trades where asset = $1 and trade_id < $2 order by trade_id desc limit $3`;
    return (await this.#database.query<PublicTrade>(text, [asset, before, tradesMax])).reverse();
  }

  /** The trades after an id, oldest first. */
  tradesAfter(asset: string, after: number, tradesMax: number): Promise<PublicTrade[]> {
    const text = `select ${TRADE_COLUMNS} from trades where asset = $1 and trade_id > $2 order by trade_id limit $3`;
    return this.#database.query<PublicTrade>(text, [asset, after, tradesMax]);
  }

  tradesIn(holes: readonly TradesHole[]): Promise<(PublicTrade & { asset: string })[]> {
    const text = `select asset, ${TRADE_COLUMNS} from unnest($1::text[], $2::bigint[], $3::bigint[]) hole(asset, after, up_to)
      join trades using (asset) where trade_id > after and trade_id <= up_to order by asset, trade_id`;
    const columns = [holes.map(({ key }) => key), holes.map(({ after }) => after), holes.map(({ upTo }) => upTo)];
    return this.#database.query(text, columns);
  }

  lastTradeIds(): Promise<{ asset: string; tradeId: number }[]> {
    const text = `select asset, coalesce((select last_trade_id from candles where candles.asset = names.asset
        order by open_at_ms desc limit 1), 0) as "tradeId"
      from unnest($1::text[]) as names(asset)`;
    return this.#database.query(text, [[...this.#assets.keys()]]);
  }
}
