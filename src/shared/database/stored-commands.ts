/** Stored commands: an asset's commands as rows of order_log, of which COMMANDS can be made again. */

import { CodecError } from "../domain/errors.js";
import type {
  AssetState,
  Command,
  CommandBody,
  FeeRates,
  NewOrder,
  RequestBody,
  RulesInForce,
  Shortfall,
} from "../domain/messages.js";
import type { CopiedRow, Database, Row } from "./database.js";

/** At most `max` commands after the given one, in order. */
export function readStoredCommands(
  database: Pick<Database, "copy">,
  asset: string,
  after: number,
  max: number,
): Promise<Command[]> {
  const text = `select ${COLUMNS} from order_log
    where asset = $1 and command_sequence > $2 order by command_sequence limit $3`;
  return database.copy(text, [asset, after, max], (row) => commandOf(rowFrom(row)));
}

/** The columns of a command, in the order in which `rowFrom` reads them. */
const COLUMNS = `command_sequence, log_id, account_id, received_at_us, sequenced_at_us, kind, client_order_id, order_id, side,
  type, time_in_force, quantity_lots, price_ticks, stop_price_ticks, display_lots, minimum_lots, quote_budget_units,
  expires_at_ms, post_only, self_trade_prevention, asset_state, rules, refused, first_order_id, maker_fee_bps, taker_fee_bps,
  protection_price_ticks, spendable_units, cover, needed_units, available_units`;

type StoredCommandRow = Readonly<Record<keyof ReturnType<typeof rowFrom>, unknown>>;

function rowFrom(row: CopiedRow) {
  return {
    command_sequence: row.integer(),
    log_id: row.integer(),
    account_id: row.integer(),
    received_at_us: row.integer(),
    sequenced_at_us: row.integer(),
    kind: row.word(),
    client_order_id: row.text(),
    order_id: row.integer(),
    side: row.word(),
    type: row.word(),
    time_in_force: row.word(),
    quantity_lots: row.integer(),
    price_ticks: row.integer(),
    stop_price_ticks: row.integer(),
    display_lots: row.integer(),
    minimum_lots: row.integer(),
    quote_budget_units: row.integer(),
    expires_at_ms: row.integer(),
    post_only: row.boolean(),
    self_trade_prevention: row.word(),
    asset_state: row.word(),
    rules: row.text(),
    refused: row.word(),
    first_order_id: row.integer(),
    maker_fee_bps: row.integer(),
    taker_fee_bps: row.integer(),
    protection_price_ticks: row.integer(),
    spendable_units: row.integer(),
    cover: row.integer(),
    needed_units: row.integer(),
    available_units: row.integer(),
  };
}

/** The command that order-processing wrote as this row (command-rows.ts), the same to the last byte. */
export function commandOf(row: StoredCommandRow): Command {
  const body = bodyOf(row);
  const reason = row.refused as string | null;
  const refused = { kind: "refuse", request: body, reason, firstOrderId: row.first_order_id };
  return {
    commandSequence: row.command_sequence,
    logId: row.log_id ?? 0,
    accountId: row.account_id,
    receivedAtUs: row.received_at_us,
    atUs: row.sequenced_at_us,
    body: reason === null ? body : { ...refused, shortfall: shortfallOf(row) },
  } as Command;
}

function shortfallOf({
  needed_units: neededUnits,
  available_units: availableUnits,
}: StoredCommandRow): Shortfall | null {
  return neededUnits === null ? null : ({ neededUnits, availableUnits } as Shortfall);
}

export function feeRatesOf({ maker_fee_bps: makerBps, taker_fee_bps: takerBps }: Row): FeeRates | null {
  return makerBps === null ? null : ({ makerBps, takerBps } as FeeRates);
}

/** The state of the asset's engine that stands for the commands that were let go of; null: there is none. */
export async function readStoredState(database: Pick<Database, "query">, asset: string): Promise<Uint8Array | null> {
  const [row] = await database.query<{ engine: Uint8Array }>("select engine from engine_anchors where asset = $1", [
    asset,
  ]);
  return row?.engine ?? null;
}

/** The rules that the asset's engine was told last; null: none yet. */
export async function lastStoredRules(database: Pick<Database, "query">, asset: string): Promise<RulesInForce | null> {
  const [row] = await database.query<{ rules: string }>(
    `select rules from order_log where asset = $1 and kind = 'set_rules' order by command_sequence desc limit 1`,
    [asset],
  );
  return row === undefined ? null : rulesOf(row.rules);
}

function rulesOf(json: string): RulesInForce {
  const { version, allowSelfTrade, openOrdersMax, displaySlicesMax, eventsPerCommandMax } = JSON.parse(json);
  return { version, allowSelfTrade, openOrdersMax, displaySlicesMax, eventsPerCommandMax };
}

function bodyOf(row: StoredCommandRow): RequestBody | CommandBody {
  const clientOrderId = row.client_order_id;
  switch (row.kind) {
    case "new":
      return {
        kind: "new",
        clientOrderId,
        side: row.side,
        type: row.type,
        timeInForce: row.time_in_force,
        quantityLots: row.quantity_lots,
        priceTicks: row.price_ticks ?? row.protection_price_ticks,
        stopPriceTicks: row.stop_price_ticks,
        displayLots: row.display_lots,
        minimumLots: row.minimum_lots,
        quoteBudgetUnits: row.spendable_units ?? row.quote_budget_units,
        expiresAtMs: row.expires_at_ms,
        postOnly: row.post_only,
        selfTradePrevention: row.self_trade_prevention,
        feeRates: feeRatesOf(row),
      } satisfies Record<keyof NewOrder, unknown> as NewOrder;
    case "cancel":
      return { kind: "cancel", orderId: row.order_id, clientOrderId } as RequestBody;
    case "replace": {
      const { order_id: orderId, quantity_lots: quantityLots, price_ticks: priceTicks, cover } = row;
      return { kind: "replace", orderId, quantityLots, priceTicks, clientOrderId, cover } as RequestBody;
    }
    case "cancel_all":
      return { kind: "cancel_all", side: row.side } as RequestBody;
    case "set_asset_state":
      return { kind: "set_asset_state", state: row.asset_state as AssetState };
    case "set_rules":
      return { kind: "set_rules", rules: rulesOf(String(row.rules)) };
    case "advance_clock":
      return { kind: "advance_clock" };
    default:
      throw new CodecError(`order_log holds the kind ${String(row.kind)}, which is not known here`);
  }
}
