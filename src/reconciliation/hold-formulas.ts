/** The rules that compute every held amount again, by the formulas of src/shared/domain/funds.ts. */
import { budgetHoldUnits, coverUnits, entryHoldUnits, holdUnits, spendableUnits } from "../shared/domain/funds.js";
import type { FeeRates, Side } from "../shared/domain/messages.js";
import type { CurrencyUnits, Lots, PriceTicks } from "../shared/domain/units.js";
import type { Difference, RowName, Rule } from "./comparison.js";
import { ASSET_UNITS } from "./order-history.js";

/** Numbers are read as text: one that somebody made too large would else end the whole reconciliation. */
interface HolderRow {
  readonly asset: string;
  readonly side: Side;
  readonly lots: string | null;
  readonly price_ticks: string | null;
  readonly held_units: string;
  readonly maker_fee_bps: string | null;
  readonly taker_fee_bps: string | null;
  readonly quote_units: string;
  readonly base_units: string;
}

interface CommandRow extends HolderRow {
  readonly command_sequence: string;
  readonly kind: "new" | "replace";
  readonly quote_budget_units: string | null;
  readonly spendable_units: string | null;
  readonly cover: string | null;
}

interface OrderRow extends HolderRow {
  readonly order_id: string;
  readonly fee_carry: string;
}

/** New orders and replaces with holds. A replace holds by the fee rates of its order, which are in the order's own row. */
const COMMANDS = `with ${ASSET_UNITS}
  select l.asset, l.command_sequence::text, l.kind, o.side, l.quantity_lots::text as lots,
    coalesce(l.protection_price_ticks, l.price_ticks)::text as price_ticks, l.quote_budget_units::text,
    l.spendable_units::text, l.cover::text, coalesce(l.held_units, 0)::text as held_units,
    o.maker_fee_bps::text, o.taker_fee_bps::text, u.quote_units::text, u.base_units::text
  from order_log l
  join order_log o on o.asset = l.asset and o.kind = 'new'
    and o.log_id = case l.kind when 'new' then l.log_id else l.order_id end
  join asset_units u on u.asset = l.asset
  where l.held_units is not null or l.cover is not null or l.kind = 'new' and l.maker_fee_bps is not null`;

/** Open orders with holds, but no buys by quote budget: their rest does not follow from the row (see order-rules.ts). */
const OPEN_ORDERS = `with ${ASSET_UNITS}
  select o.asset, o.order_id::text, o.side, o.leaves_lots::text as lots, o.price_ticks::text, o.fee_carry::text,
    o.held_units::text, o.maker_fee_bps::text, o.taker_fee_bps::text, u.quote_units::text, u.base_units::text
  from orders o join asset_units u on u.asset = o.asset
  where o.maker_fee_bps is not null and o.quantity_lots is not null
    and o.status in ('open', 'partially_filled', 'pending_trigger')`;

const FORMULAS: RowName = { table: "src/shared/domain/funds.ts", key: {} };

export const holdFormulas: readonly Rule[] = [commandRule(), orderRule()];

function commandRule(): Rule {
  const rule = "what a command holds follows from its terms and its order's fee rates";
  return {
    rule,
    select: COMMANDS,
    differences(values) {
      const row = values as unknown as CommandRow;
      const name = { table: "order_log", key: { asset: row.asset, command_sequence: row.command_sequence } };
      return [
        ...difference(rule, name, "spendable_units", row.spendable_units, spendableOf(row)),
        ...difference(rule, name, "held_units", row.held_units, heldByCommand(row)),
      ];
    },
  };
}

function orderRule(): Rule {
  const rule = "what an open order holds follows from its terms and its fee rates";
  return {
    rule,
    select: OPEN_ORDERS,
    differences(values) {
      const row = values as unknown as OrderRow;
      const name = { table: "orders", key: { asset: row.asset, order_id: row.order_id } };
      return difference(rule, name, "held_units", row.held_units, heldByOrder(row));
    },
  };
}

function spendableOf(row: CommandRow): number | null {
  const feeRates = feeRatesOf(row);
  return feeRates === null || row.quote_budget_units === null
    ? null
    : spendableUnits(Number(row.quote_budget_units), feeRates);
}

function heldByCommand(row: CommandRow): number | null {
  const feeRates = feeRatesOf(row);
  if (feeRates === null) return 0;
  if (row.kind === "replace") return coverUnits(unitsOf(row), row.side, Number(row.cover ?? 0), feeRates);
  if (row.spendable_units !== null) return budgetHoldUnits(Number(row.spendable_units), feeRates);
  if (row.lots === null || (row.side === "buy" && row.price_ticks === null)) return null;
  const terms = { quantityLots: Number(row.lots) as Lots, priceTicks: number(row.price_ticks) as PriceTicks | null };
  return entryHoldUnits(unitsOf(row), { side: row.side, ...terms, quoteBudgetUnits: null }, feeRates);
}

function heldByOrder(row: OrderRow): CurrencyUnits | null {
  const feeRates = feeRatesOf(row);
  if (feeRates === null || row.lots === null || (row.side === "buy" && row.price_ticks === null)) return null;
  const terms = { side: row.side, leavesLots: Number(row.lots), priceTicks: number(row.price_ticks) };
  return holdUnits(unitsOf(row), { ...terms, feeRates, feeCarry: Number(row.fee_carry) });
}

function feeRatesOf({ maker_fee_bps: makerBps, taker_fee_bps: takerBps }: HolderRow): FeeRates | null {
  return makerBps === null || takerBps === null ? null : { makerBps: Number(makerBps), takerBps: Number(takerBps) };
}

function unitsOf({ quote_units: quoteUnits, base_units: baseUnits }: HolderRow) {
  return { quoteUnitsPerTickLot: Number(quoteUnits), baseUnitsPerLot: Number(baseUnits) };
}

function number(text: string | null): number | null {
  return text === null ? null : Number(text);
}

function difference(
  rule: string,
  row: RowName,
  column: string,
  found: string | null,
  expected: number | null,
): Difference[] {
  const text = expected === null ? null : String(expected);
  return found === text ? [] : [{ rule, row, column, found, expected: text, source: FORMULAS }];
}
