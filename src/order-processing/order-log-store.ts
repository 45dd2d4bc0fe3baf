/** The order log in Postgres: the one record of what the engines are told, and of which client order ids are taken. */
import { columns, type Database, type Row, type Statement } from "../shared/database.js";
import type { AssetState, Command, CommandBody, NewOrder, RequestBody } from "../shared/messages.js";
import { fenceError, type PositionMove, takePositions } from "../shared/positions.js";
import {
  type ActionId,
  type CommandSequence,
  commandSequence,
  type EpochMs,
  type EpochUs,
  epochMs,
  epochUs,
  type LogId,
  logId,
  type StreamSequence,
  streamSequence,
} from "../shared/units.js";
import { type ClientOrderIdKey, ClientOrderIds } from "./sequencing.js";

const SERVICE = "order-processing";

export interface OrderLogPosition {
  readonly logId: LogId;
  readonly streamSequence: StreamSequence;
  readonly commandSequence: CommandSequence;
  readonly sequencedAtUs: EpochUs;
}

/** One asset's part of a batch: its commands, and how far in the log they reach. */
export interface SequencedBatch {
  readonly asset: string;
  readonly commands: readonly Command[];
  readonly from: LogId;
  readonly reached: LogId;
  readonly streamSequence: StreamSequence;
  /** Of each command, where they come of actions and not of requests. */
  readonly actionIds?: readonly ActionId[];
}

export class OrderLogStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async position(asset: string): Promise<OrderLogPosition> {
    const [row] = await this.#database.query<Record<string, number | null>>(
      `select p.sequence, p.stream_sequence, l.command_sequence, l.sequenced_at_us
       from (select 1) as always
       left join consumer_positions p on p.service = $1 and p.asset = $2
       left join lateral (select command_sequence, sequenced_at_us from order_log where asset = $2
                          order by command_sequence desc limit 1) l on true`,
      [SERVICE, asset],
    );
    return {
      logId: logId(row?.["sequence"] ?? 0),
      streamSequence: streamSequence(row?.["stream_sequence"] ?? 0),
      commandSequence: commandSequence(row?.["command_sequence"] ?? 0),
      sequencedAtUs: epochUs(row?.["sequenced_at_us"] ?? 0),
    };
  }

  /** The last command of each asset that trade-processing is done with. */
  async settledCommands(): Promise<Map<string, CommandSequence>> {
    const rows = await this.#database.query<{ asset: string; command_sequence: number }>(
      "select asset, command_sequence from consumer_positions where service = 'trade-processing'",
    );
    return new Map(rows.map((row) => [row.asset, commandSequence(row.command_sequence)]));
  }

  async findClientOrderIds(keys: readonly ClientOrderIdKey[]): Promise<ClientOrderIds> {
    const ids = new ClientOrderIds();
    if (keys.length === 0) return ids;
    const rows = await this.#database.query<{
      account_id: ClientOrderIdKey["accountId"];
      client_order_id: string;
      asset: string;
      order_id: number;
    }>(
      `select l.account_id, l.client_order_id, l.asset, case l.kind when 'new' then l.log_id else l.order_id end as order_id
       from unnest($1::bigint[], $2::text[]) as k(account_id, client_order_id)
       join order_log l on l.account_id = k.account_id and l.client_order_id = k.client_order_id
       where l.client_order_id is not null and l.kind in ('new', 'replace')
         and l.refused is distinct from 'duplicate_client_order_id'`,
      columns(
        keys,
        (key) => key.accountId,
        (key) => key.clientOrderId,
      ),
    );
    for (const row of rows) {
      const key = { accountId: row.account_id, clientOrderId: row.client_order_id };
      ids.add(key, { asset: row.asset, orderId: row.order_id as never });
    }
    return ids;
  }

  /** Writes the commands and moves the positions, all or nothing. Rejects with Fenced when another has the asset. */
  async append(batches: readonly SequencedBatch[]): Promise<void> {
    try {
      await this.#database.transaction([takePositions(SERVICE, batches.map(moveOf)), insertCommands(batches)]);
    } catch (cause) {
      throw fenceError(SERVICE, cause);
    }
  }

  /** When the next order expires that the clock has not reached; null: none. */
  async nextExpiry(asset: string, afterUs: EpochUs): Promise<EpochMs | null> {
    const [row] = await this.#database.query<{ expires_at_ms: number }>(
      `select expires_at_ms from order_log
       where asset = $1 and time_in_force = 'GTD' and refused is null and expires_at_ms > $2 order by expires_at_ms limit 1`,
      [asset, Math.floor(afterUs / 1000)],
    );
    return row === undefined ? null : epochMs(row.expires_at_ms);
  }

  /** The commands after the given one, in order: what was committed and may not be published. */
  async commandsAfter(asset: string, after: CommandSequence, max: number): Promise<Command[]> {
    const rows = await this.#database.query(
      "select * from order_log where asset = $1 and command_sequence > $2 order by command_sequence limit $3",
      [asset, after, max],
    );
    return rows.map(commandOf);
  }
}

function moveOf({ asset, commands, from, reached, streamSequence }: SequencedBatch): PositionMove {
  const throughCommand = (commands.at(-1) as Command).commandSequence;
  return { asset, from, reached, streamSequence, throughCommand, holdThroughCommand: throughCommand };
}

/** The columns of order_log that carry a command, with their types; ROW_OF gives their values in this order. */
const COLUMNS = {
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
} as const;
type ColumnName = keyof typeof COLUMNS;
const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];

const INSERT_TEXT = `insert into order_log (${COLUMN_NAMES.join(", ")})
  select * from unnest(${COLUMN_NAMES.map((name, index) => `$${index + 1}::${COLUMNS[name]}[]`).join(", ")})`;

function insertCommands(batches: readonly SequencedBatch[]): Statement {
  const rows = batches.flatMap(({ asset, commands, actionIds }) =>
    commands.map((command, index) => ({ ...rowOf(asset, command), action_id: actionIds?.[index] })),
  );
  const values = columns(rows, ...COLUMN_NAMES.map((name) => (row: (typeof rows)[number]) => row[name]));
  return { name: "insert_order_log", text: INSERT_TEXT, values };
}

function rowOf(asset: string, command: Command): Partial<Record<ColumnName, unknown>> {
  const { body } = command;
  return {
    asset,
    command_sequence: command.commandSequence,
    log_id: command.logId === 0 ? null : command.logId,
    account_id: command.accountId,
    received_at_us: command.receivedAtUs,
    sequenced_at_us: command.atUs,
    ...(body.kind === "refuse"
      ? { ...bodyRow(body.request), refused: body.reason, first_order_id: body.firstOrderId }
      : bodyRow(body)),
  };
}

function bodyRow(body: Exclude<CommandBody, { kind: "refuse" }>): Partial<Record<ColumnName, unknown>> {
  switch (body.kind) {
    case "new":
      return {
        kind: "new",
        client_order_id: body.clientOrderId,
        side: body.side,
        type: body.type,
        time_in_force: body.timeInForce,
        quantity_lots: body.quantityLots,
        price_ticks: body.priceTicks,
        stop_price_ticks: body.stopPriceTicks,
        display_lots: body.displayLots,
        minimum_lots: body.minimumLots,
        quote_budget_units: body.quoteBudgetUnits,
        expires_at_ms: body.expiresAtMs,
        post_only: body.postOnly,
        self_trade_prevention: body.selfTradePrevention,
      };
    case "cancel":
      return { kind: "cancel", client_order_id: body.clientOrderId, order_id: body.orderId };
    case "replace":
      return {
        kind: "replace",
        client_order_id: body.clientOrderId,
        order_id: body.orderId,
        quantity_lots: body.quantityLots,
        price_ticks: body.priceTicks,
      };
    case "cancel_all":
      return { kind: "cancel_all", side: body.side };
    case "set_asset_state":
      return { kind: "set_asset_state", asset_state: body.state };
    case "advance_clock":
      return { kind: "advance_clock" };
  }
}

/** The inverse of rowOf: the same command, so that a second publish has the same bytes as the first. */
function commandOf(row: Row): Command {
  const body = bodyOf(row);
  const refused = row["refused"] as string | null;
  return {
    commandSequence: row["command_sequence"],
    logId: row["log_id"] ?? 0,
    accountId: row["account_id"],
    receivedAtUs: row["received_at_us"],
    atUs: row["sequenced_at_us"],
    body:
      refused === null
        ? body
        : { kind: "refuse", request: body, reason: refused, firstOrderId: row["first_order_id"], shortfall: null },
  } as Command;
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
        priceTicks: row["price_ticks"],
        stopPriceTicks: row["stop_price_ticks"],
        displayLots: row["display_lots"],
        minimumLots: row["minimum_lots"],
        quoteBudgetUnits: row["quote_budget_units"],
        expiresAtMs: row["expires_at_ms"],
        postOnly: row["post_only"],
        selfTradePrevention: row["self_trade_prevention"],
        feeRates: null,
      } as NewOrder;
    case "cancel":
      return { kind: "cancel", orderId: row["order_id"], clientOrderId } as RequestBody;
    case "replace": {
      const { order_id: orderId, quantity_lots: quantityLots, price_ticks: priceTicks } = row;
      return { kind: "replace", orderId, quantityLots, priceTicks, clientOrderId, cover: null } as RequestBody;
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
