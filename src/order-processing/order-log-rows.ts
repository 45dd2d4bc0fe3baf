/** Commands as rows of order_log, and back: a second publish has the same bytes as the first. Pure. */
import type { Row } from "../shared/database.js";
import type {
  AssetState,
  Command,
  CommandBody,
  FeeRates,
  NewOrder,
  RequestBody,
  Shortfall,
} from "../shared/messages.js";
import type { Hold } from "./sequencing.js";

/** The columns of order_log that carry a command and what was held for it, with their types. */
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
export type OrderLogRow = Partial<Record<ColumnName, unknown>>;

export function rowOf(asset: string, command: Command, hold: Hold | null): OrderLogRow {
  const { body } = command;
  return {
    asset,
    command_sequence: command.commandSequence,
    log_id: command.logId === 0 ? null : command.logId,
    account_id: command.accountId,
    received_at_us: command.receivedAtUs,
    sequenced_at_us: command.atUs,
    held_units: hold?.units ?? null,
    ...(body.kind === "refuse"
      ? {
          ...bodyRow(body.request, null),
          refused: body.reason,
          first_order_id: body.firstOrderId,
          needed_units: body.shortfall?.neededUnits,
          available_units: body.shortfall?.availableUnits,
        }
      : bodyRow(body, hold)),
  };
}

function bodyRow(body: Exclude<CommandBody, { kind: "refuse" }>, hold: Hold | null): OrderLogRow {
  switch (body.kind) {
    case "new":
      return newOrderRow(body, hold);
    case "cancel":
      return { kind: "cancel", client_order_id: body.clientOrderId, order_id: body.orderId };
    case "replace":
      return {
        kind: "replace",
        client_order_id: body.clientOrderId,
        order_id: body.orderId,
        quantity_lots: body.quantityLots,
        price_ticks: body.priceTicks,
        cover: body.cover,
      };
    case "cancel_all":
      return { kind: "cancel_all", side: body.side };
    case "set_asset_state":
      return { kind: "set_asset_state", asset_state: body.state };
    case "advance_clock":
      return { kind: "advance_clock" };
  }
}

/** What the client asked for, and beside it what was decided. */
function newOrderRow(body: NewOrder, hold: Hold | null): OrderLogRow {
  const isProtected = body.feeRates !== null && (body.type === "market" || body.type === "stop_market");
  return {
    kind: "new",
    client_order_id: body.clientOrderId,
    side: body.side,
    type: body.type,
    time_in_force: body.timeInForce,
    quantity_lots: body.quantityLots,
    price_ticks: isProtected ? null : body.priceTicks,
    stop_price_ticks: body.stopPriceTicks,
    display_lots: body.displayLots,
    minimum_lots: body.minimumLots,
    quote_budget_units: hold === null ? body.quoteBudgetUnits : hold.budgetUnits,
    expires_at_ms: body.expiresAtMs,
    post_only: body.postOnly,
    self_trade_prevention: body.selfTradePrevention,
    maker_fee_bps: body.feeRates?.makerBps,
    taker_fee_bps: body.feeRates?.takerBps,
    protection_price_ticks: isProtected ? body.priceTicks : null,
    spendable_units: hold === null ? null : body.quoteBudgetUnits,
  };
}

/** The inverse of rowOf. */
export function commandOf(row: Row): Command {
  const body = bodyOf(row);
  const reason = row["refused"] as string | null;
  const refused = { kind: "refuse", request: body, reason, firstOrderId: row["first_order_id"] };
  return {
    commandSequence: row["command_sequence"],
    logId: row["log_id"] ?? 0,
    accountId: row["account_id"],
    receivedAtUs: row["received_at_us"],
    atUs: row["sequenced_at_us"],
    body: reason === null ? body : { ...refused, shortfall: shortfallOf(row) },
  } as Command;
}

function shortfallOf({ needed_units: neededUnits, available_units: availableUnits }: Row): Shortfall | null {
  return neededUnits === null ? null : ({ neededUnits, availableUnits } as Shortfall);
}

export function feeRatesOf({ maker_fee_bps: makerBps, taker_fee_bps: takerBps }: Row): FeeRates | null {
  return makerBps === null ? null : ({ makerBps, takerBps } as FeeRates);
}

function bodyOf(row: Row): RequestBody | CommandBody {
  const clientOrderId = row["client_order_id"];
  switch (row["kind"]) {
    case "new":
      return {
        kind: "new",
        clientOrderId,
        side: row["side"],
        type: row["type"],
        timeInForce: row["time_in_force"],
        quantityLots: row["quantity_lots"],
        priceTicks: row["price_ticks"] ?? row["protection_price_ticks"],
        stopPriceTicks: row["stop_price_ticks"],
        displayLots: row["display_lots"],
        minimumLots: row["minimum_lots"],
        quoteBudgetUnits: row["spendable_units"] ?? row["quote_budget_units"],
        expiresAtMs: row["expires_at_ms"],
        postOnly: row["post_only"],
        selfTradePrevention: row["self_trade_prevention"],
        feeRates: feeRatesOf(row),
      } as NewOrder;
    case "cancel":
      return { kind: "cancel", orderId: row["order_id"], clientOrderId } as RequestBody;
    case "replace": {
      const { order_id: orderId, quantity_lots: quantityLots, price_ticks: priceTicks, cover } = row;
      return { kind: "replace", orderId, quantityLots, priceTicks, clientOrderId, cover } as RequestBody;
    }
    case "cancel_all":
      return { kind: "cancel_all", side: row["side"] } as RequestBody;
    case "set_asset_state":
      return { kind: "set_asset_state", state: row["asset_state"] as AssetState };
    case "advance_clock":
      return { kind: "advance_clock" };
    default:
      throw new Error(`order_log holds the kind ${String(row["kind"])}, which is not known here`);
  }
}
