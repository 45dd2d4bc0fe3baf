/**
 * Writes commands as rows of order_log. `shared/database/stored-commands.ts` reads them back to the same bytes, so that a
 * command can be published a second time. Pure.
 */
import { assertNever } from "../shared/domain/errors.js";
import type { Command, CommandBody, NewOrder } from "../shared/domain/messages.js";
import type { ActionId } from "../shared/domain/units.js";
import type { Hold } from "./sequencing.js";

/** The columns of order_log that hold a command and its hold, with their types in Postgres. */
export const COLUMNS = {
  asset: "text",
  command_sequence: "bigint",
  log_id: "bigint",
  account_id: "bigint",
  kind: "text",
  client_order_id: "text",
  order_id: "bigint",
  side: "text",
  type: "text",
  time_in_force: "text",
  quantity_lots: "bigint",
  price_ticks: "bigint",
  stop_price_ticks: "bigint",
  display_lots: "bigint",
  minimum_lots: "bigint",
  quote_budget_units: "bigint",
  expires_at_ms: "bigint",
  post_only: "boolean",
  self_trade_prevention: "text",
  asset_state: "text",
  rules: "text",
  refused: "text",
  first_order_id: "bigint",
  received_at_us: "bigint",
  sequenced_at_us: "bigint",
  action_id: "bigint",
  maker_fee_bps: "integer",
  taker_fee_bps: "integer",
  protection_price_ticks: "bigint",
  spendable_units: "bigint",
  cover: "bigint",
  held_units: "bigint",
  needed_units: "bigint",
  available_units: "bigint",
} as const;
export type ColumnName = keyof typeof COLUMNS;
export type StoredCommandRow = Record<ColumnName, unknown>;

export const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];
/** Every row is a copy of this one, so that all have one shape: reading them column by column is several times faster. */
const EMPTY_ROW = Object.fromEntries(COLUMN_NAMES.map((name) => [name, null])) as StoredCommandRow;

export function rowOf(asset: string, command: Command, hold: Hold | null, actionId: ActionId | null): StoredCommandRow {
  const { body } = command;
  const row = { ...EMPTY_ROW };
  row.asset = asset;
  row.command_sequence = command.commandSequence;
  row.log_id = command.logId === 0 ? null : command.logId;
  row.account_id = command.accountId;
  row.received_at_us = command.receivedAtUs;
  row.sequenced_at_us = command.atUs;
  row.action_id = actionId;
  row.held_units = hold?.units ?? null;
  if (body.kind === "refuse") {
    row.refused = body.reason;
    row.first_order_id = body.firstOrderId;
    row.needed_units = body.shortfall?.neededUnits ?? null;
    row.available_units = body.shortfall?.availableUnits ?? null;
    writeBody(row, body.request, null);
  } else writeBody(row, body, hold);
  return row;
}

function writeBody(row: StoredCommandRow, body: Exclude<CommandBody, { kind: "refuse" }>, hold: Hold | null): void {
  row.kind = body.kind;
  switch (body.kind) {
    case "new":
      writeNewOrder(row, body, hold);
      break;
    case "cancel":
      row.client_order_id = body.clientOrderId;
      row.order_id = body.orderId;
      break;
    case "replace":
      row.client_order_id = body.clientOrderId;
      row.order_id = body.orderId;
      row.quantity_lots = body.quantityLots;
      row.price_ticks = body.priceTicks;
      row.cover = body.cover;
      break;
    case "cancel_all":
      row.side = body.side;
      break;
    case "set_asset_state":
      row.asset_state = body.state;
      break;
    case "set_rules":
      row.rules = JSON.stringify(body.rules);
      break;
    case "advance_clock":
      break;
    default:
      assertNever(body);
  }
}

/** Writes the order as its client asked for it, and in columns of their own what was decided (fees, protective price). */
function writeNewOrder(row: StoredCommandRow, body: NewOrder, hold: Hold | null): void {
  const isProtected = body.feeRates !== null && (body.type === "market" || body.type === "stop_market");
  row.client_order_id = body.clientOrderId;
  row.side = body.side;
  row.type = body.type;
  row.time_in_force = body.timeInForce;
  row.quantity_lots = body.quantityLots;
  row.price_ticks = isProtected ? null : body.priceTicks;
  row.stop_price_ticks = body.stopPriceTicks;
  row.display_lots = body.displayLots;
  row.minimum_lots = body.minimumLots;
  row.quote_budget_units = hold === null ? body.quoteBudgetUnits : hold.budgetUnits;
  row.expires_at_ms = body.expiresAtMs;
  row.post_only = body.postOnly;
  row.self_trade_prevention = body.selfTradePrevention;
  row.maker_fee_bps = body.feeRates?.makerBps ?? null;
  row.taker_fee_bps = body.feeRates?.takerBps ?? null;
  row.protection_price_ticks = isProtected ? body.priceTicks : null;
  row.spendable_units = hold === null ? null : body.quoteBudgetUnits;
}
