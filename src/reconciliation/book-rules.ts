/** The rule between an engine's book and the reports that the orders' owners got up to the same event. */
import { setImmediate as breathe } from "node:timers/promises";
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import { SIDES } from "../shared/domain/messages.js";
import { type Comparison, ruleOf } from "./comparison.js";
import type { EngineBook, OpenOrder } from "./engine-books.js";

const BOOK_RULE: Comparison = {
  rule: "an engine's book holds the open orders as their owners were told",
  table: "book",
  key: { asset: "coalesce(b.asset, e.asset)", order_id: "coalesce(b.order_id, e.order_id)" },
  source: "execution_reports",
  sourceKey: { account_id: "e.account_id", account_sequence: "e.account_sequence" },
  columns: {
    exists: ["b.order_id is not null", "e.order_id is not null"],
    account_id: ["b.account_id", "e.account_id"],
    side: ["b.side", "e.side"],
    "waits for its stop price": ["b.is_waiting", "e.status = 'pending_trigger'"],
    // A stop market order's limit in the book is its protective price, which its owner is not told.
    price_ticks: ["b.price_ticks", "case e.type when 'stop_market' then b.price_ticks else e.price_ticks end"],
    stop_price_ticks: ["b.stop_price_ticks", "case e.status when 'pending_trigger' then e.stop_price_ticks end"],
    leaves_lots: ["b.leaves_lots", "e.leaves_lots"],
    filled_lots: ["b.filled_lots", "e.filled_lots"],
    display_lots: ["b.display_lots", "e.display_lots"],
    expires_at_ms: ["b.expires_at_ms", "e.expires_at_ms"],
  },
  from: "book b full join told e on e.order_id = b.order_id",
};

export const bookRules = [ruleOf(BOOK_RULE)];

const COLUMNS = `asset text, order_id int8, account_id int8, side text, is_waiting boolean, price_ticks int8,
  stop_price_ticks int8, leaves_lots int8, filled_lots int8, display_lots int8, expires_at_ms int8`;

/** Fills `told` with the orders that were open by their owners' last reports. $1 is the asset, $2 the event. */
const TOLD = `insert into told
  select l.asset, l.log_id, r.account_id, r.account_sequence, r.side, r.status, l.type, r.price_ticks, l.stop_price_ticks,
    r.leaves_lots, r.filled_lots, l.display_lots, case l.time_in_force when 'GTD' then l.expires_at_ms end
  from (select distinct on (r.order_id) r.* from in_question q
        join execution_reports r on r.order_id = q.order_id and r.asset = $1 and r.side is not null
          and r.event_sequence <= $2
        order by r.order_id, r.event_sequence desc) r
  join order_log l on l.asset = r.asset and l.log_id = r.order_id and l.kind = 'new'
  where r.status in ('open', 'partially_filled', 'pending_trigger')`;

/** Orders that are open now, or have reports since the event: all that were open then are among them. $1: asset, $2: event. */
const PERHAPS_OPEN = `select order_id as id from orders
    where asset = $1 and status in ('open', 'partially_filled', 'pending_trigger')
  union all select order_id from execution_reports where event_sequence > $2 and asset = $1 and order_id is not null`;

const ORDERS_PER_STATEMENT = 5_000;
const BREATHE_EVERY = 50_000;

/** The ids of all orders that the book holds, or that it should hold by their owners' reports, ascending. */
export async function idsInQuestion(
  snapshot: WorkingSnapshot,
  { asset, event, orders }: EngineBook,
): Promise<Float64Array> {
  const ids: number[] = [];
  for (const { orderId } of orders()) if (ids.push(orderId) % BREATHE_EVERY === 0) await breathe();
  for await (const rows of snapshot.pages<{ id: number }>(PERHAPS_OPEN, [asset, event]))
    for (const { id } of rows) ids.push(id);
  const sorted = Float64Array.from(ids).sort();
  let count = 0;
  for (const id of sorted) if (count === 0 || sorted[count - 1] !== id) sorted[count++] = id;
  return sorted.subarray(0, count);
}

/** Makes the tables `book` and `told`, which the rule compares, of the orders with these ids. */
export async function createBook(
  snapshot: WorkingSnapshot,
  { asset, event, orders }: EngineBook,
  ids: Float64Array,
): Promise<void> {
  await snapshot.query(`
    create temporary table book (${COLUMNS}) on commit drop;
    create temporary table told (asset text, order_id int8, account_id int8, account_sequence int8, side text, status text,
      type text, price_ticks int8, stop_price_ticks int8, leaves_lots int8, filled_lots int8, display_lots int8,
      expires_at_ms int8) on commit drop`);
  const [first = 0, last = 0] = [ids[0], ids.at(-1)];
  let page: OpenOrder[] = [];
  for (const order of orders()) {
    if (order.orderId < first || order.orderId > last) continue;
    page.push(order);
    if (page.length < ORDERS_PER_STATEMENT) continue;
    await insert(snapshot, asset, page);
    await breathe();
    page = [];
  }
  await insert(snapshot, asset, page);
  await snapshot.query("create temporary table in_question (order_id int8) on commit drop");
  await snapshot.query("insert into in_question select * from unnest($1::int8[])", [[...ids]]);
  await snapshot.query("analyze in_question; set local enable_nestloop = on");
  await snapshot.query(TOLD, [asset, event]);
  await snapshot.query("analyze book; analyze told; set local enable_nestloop = off");
}

async function insert(snapshot: WorkingSnapshot, asset: string, orders: readonly OpenOrder[]): Promise<void> {
  await snapshot.query(
    `insert into book select $1, * from unnest($2::int8[], $3::int8[], $4::text[], $5::boolean[], $6::int8[], $7::int8[],
       $8::int8[], $9::int8[], $10::int8[], $11::int8[])`,
    [
      asset,
      orders.map(({ orderId }) => orderId),
      orders.map(({ accountId }) => accountId),
      orders.map(({ side }) => SIDES[side]),
      orders.map(({ isWaiting }) => isWaiting),
      orders.map(({ limitTicks }) => limitTicks),
      orders.map(({ stopPriceTicks }) => stopPriceTicks),
      orders.map(({ leavesLots }) => leavesLots),
      orders.map(({ filledLots }) => filledLots),
      orders.map(({ displayLots }) => displayLots),
      orders.map(({ expiresAtMs }) => expiresAtMs),
    ],
  );
}
