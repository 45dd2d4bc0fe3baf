/** The commands of an asset as order_log holds them: the record that COMMANDS can be made of again. */
import type { Database, Row } from "./database.js";
import type { AssetState, Command, CommandBody, FeeRates, NewOrder, RequestBody, Shortfall } from "./messages.js";

/** The commands after the given one, in order. */
export async function readOrderLog(
  database: Pick<Database, "query">,
  asset: string,
  after: number,
  max: number,
): Promise<Command[]> {
  const rows = await database.query(
    "select * from order_log where asset = $1 and command_sequence > $2 order by command_sequence limit $3",
    [asset, after, max],
  );
  return rows.map(commandOf);
}

/** What order-processing made the row of, to the last byte (order-log-rows.ts). */
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
