/** Stored commands (the table order_log) and their holds: the record of what engines are told and what is held for it. */
import { columns, hasRows } from "../shared/database/columns.js";
import type { Database, Row, Statement } from "../shared/database/database.js";
import { WRITING_DAY } from "../shared/database/history-days.js";
import { fenceError, type PositionMove, takePositions } from "../shared/database/positions.js";
import { isPostgresError } from "../shared/database/postgres-errors.js";
import { lastStoredRules, readStoredCommands } from "../shared/database/stored-commands.js";
import { type Command, DEFAULT_RULES, type RulesInForce } from "../shared/domain/messages.js";
import {
  type AccountId,
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
} from "../shared/domain/units.js";
import { takeClientOrderIds } from "./client-order-ids.js";
import { COLUMN_NAMES, COLUMNS, rowOf, type StoredCommandRow } from "./command-rows.js";
import { type Balance, type BalanceKey, balanceKey } from "./funding.js";
import type { Hold, SequencedBatch } from "./sequencing.js";

const SERVICE = "order-processing";

export interface CommandPosition {
  readonly logId: LogId;
  readonly streamSequence: StreamSequence;
  readonly commandSequence: CommandSequence;
  readonly sequencedAtUs: EpochUs;
  /** The last command that was let go of: order_log has all after it. 0: none was. */
  readonly closedCommand: CommandSequence;
}

/** An account's balance after the batch's holds. */
export interface HeldBalance extends BalanceKey, Balance {}

/** Funds or client order ids that the batch was decided by are taken: nothing is written; decide it again. */
export class DecisionOutdated extends Error {
  override readonly name = "DecisionOutdated";
  readonly what: "funds" | "client order ids";

  constructor(what: DecisionOutdated["what"], options?: ErrorOptions) {
    super(`the ${what} are not there any more`, options);
    this.what = what;
  }
}

export class CommandStore {
  readonly #database: Database;
  readonly #openOrdersMax: number;

  constructor(database: Database, openOrdersPerAccountMax: number) {
    this.#database = database;
    this.#openOrdersMax = openOrdersPerAccountMax;
  }

  async position(asset: string): Promise<CommandPosition> {
    const [row] = await this.#database.query<Record<string, number | null>>(
      `select p.sequence, p.stream_sequence, p.command_sequence,
         coalesce(l.sequenced_at_us, c.sequenced_at_us) as sequenced_at_us, c.command_sequence as closed_command
       from consumer_positions p
       left join closed_assets c on c.asset = p.asset
       left join order_log l on l.asset = p.asset and l.command_sequence = p.command_sequence
       where p.service = $1 and p.asset = $2`,
      [SERVICE, asset],
    );
    return {
      logId: logId(row?.["sequence"] ?? 0),
      streamSequence: streamSequence(row?.["stream_sequence"] ?? 0),
      commandSequence: commandSequence(row?.["command_sequence"] ?? 0),
      sequencedAtUs: epochUs(row?.["sequenced_at_us"] ?? 0),
      closedCommand: commandSequence(row?.["closed_command"] ?? 0),
    };
  }

  /** Each asset's last command that trade-processing has settled. */
  async settledCommands(): Promise<Map<string, CommandSequence>> {
    const rows = await this.#database.query<{ asset: string; command_sequence: number }>(
      "select asset, command_sequence from consumer_positions where service = 'trade-processing'",
    );
    return new Map(rows.map((row) => [row.asset, commandSequence(row.command_sequence)]));
  }

  /**
   * Writes the commands, holds their funds and moves the positions, all or nothing. Rejects with DecisionOutdated when
   * funds or a client order id are taken, with Fenced when another process has the asset.
   */
  async append(batches: readonly SequencedBatch[]): Promise<HeldBalance[]> {
    const hold = holdFunds(batches, this.#openOrdersMax);
    try {
      const results = await this.#database.transaction([
        takePositions(SERVICE, batches.map(moveOf)),
        insertCommands(batches),
        ...[takeClientOrderIds(batches), insertEntries(batches), hold].filter(hasRows), // balances last, so that settlement waits for the balances' rows least
      ]);
      return hasRows(hold) ? (results.at(-1) ?? []).map(heldBalance) : [];
    } catch (cause) {
      if (isPostgresError(cause, "fundsNotHeld")) throw new DecisionOutdated("funds", { cause });
      if (isPostgresError(cause, "clientOrderIdTaken")) throw new DecisionOutdated("client order ids", { cause });
      throw fenceError(SERVICE, cause);
    }
  }

  /** The time of the asset's next expiry after `afterUs`; null: no order expires. */
  async nextExpiry(asset: string, afterUs: EpochUs): Promise<EpochMs | null> {
    const [row] = await this.#database.query<{ expires_at_ms: number }>(
      `select expires_at_ms from order_log
       where asset = $1 and time_in_force = 'GTD' and refused is null and expires_at_ms > $2 order by expires_at_ms limit 1`,
      [asset, Math.floor(afterUs / 1000)],
    );
    return row === undefined ? null : epochMs(row.expires_at_ms);
  }

  /** The rules in force after the asset's last stored command. */
  async rulesInForce(asset: string): Promise<RulesInForce> {
    return (await lastStoredRules(this.#database, asset)) ?? DEFAULT_RULES;
  }

  /** At most `max` stored commands after the given one, in order. */
  commandsAfter(asset: string, after: CommandSequence, max: number): Promise<Command[]> {
    return readStoredCommands(this.#database, asset, after, max);
  }
}

function moveOf({ asset, commands, from, reached, streamSequence }: SequencedBatch): PositionMove {
  const fromCommand = commandSequence((commands[0] as Command).commandSequence - 1);
  const throughCommand = (commands.at(-1) as Command).commandSequence;
  return { asset, from, reached, streamSequence, fromCommand, throughCommand, holdThroughCommand: throughCommand };
}

const INSERT_TEXT = `insert into order_log (${COLUMN_NAMES.join(", ")}, day)
  select *, ${WRITING_DAY} from unnest(${COLUMN_NAMES.map((name, index) => `$${index + 1}::${COLUMNS[name]}[]`).join(", ")})`;

const COLUMN_FIELDS = COLUMN_NAMES.map((name) => (row: StoredCommandRow) => row[name]);

function insertCommands(batches: readonly SequencedBatch[]): Statement {
  const rows = batches.flatMap(({ asset, commands, holds, actionIds }) => {
    const held = new Map<number, Hold>(holds.map((hold) => [hold.commandSequence, hold]));
    return commands.map((command, index) =>
      rowOf(asset, command, held.get(command.commandSequence) ?? null, actionIds?.[index] ?? null),
    );
  });
  return { name: "insert_order_log", text: INSERT_TEXT, values: columns(rows, ...COLUMN_FIELDS) };
}

interface AccountHold extends BalanceKey {
  /** The sum over a batch may be above 2^53. */
  units: bigint;
  openedOrders: number;
}

function holdFunds(batches: readonly SequencedBatch[], openOrdersMax: number): Statement {
  const sums = new Map<string, AccountHold>();
  for (const { accountId, currency, units, openedOrders } of batches.flatMap(({ holds }) => holds)) {
    const key = balanceKey(accountId, currency);
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { accountId, currency, units: BigInt(units), openedOrders });
    else {
      sum.units += BigInt(units);
      sum.openedOrders += openedOrders;
    }
  }
  const values = columns(
    [...sums.values()],
    (sum) => sum.accountId,
    (sum) => sum.currency,
    (sum) => sum.units,
    (sum) => sum.openedOrders,
  );
  return {
    name: "hold_funds",
    text: "select * from hold_funds($1::bigint[], $2::text[], $3::bigint[], $4::integer[], $5::integer)",
    values: [...values, openOrdersMax],
  };
}

function insertEntries(batches: readonly SequencedBatch[]): Statement {
  const rows = batches.flatMap(({ asset, commands, holds }) => {
    const atUs = commands.at(-1)?.atUs;
    return holds.filter(({ units }) => units > 0).map((hold) => ({ asset, atUs, hold }));
  });
  return {
    name: "insert_holds",
    text: `insert into ledger_entries
        (source, kind, sequence, account_id, currency, available_change, held_change, at_us, day)
      select h.source, 'hold', h.sequence, h.account_id, h.currency, -h.units, h.units, h.at_us, ${WRITING_DAY}
      from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[])
        as h(source, sequence, account_id, currency, units, at_us)`,
    values: columns(
      rows,
      ({ asset }) => asset,
      ({ hold }) => hold.commandSequence,
      ({ hold }) => hold.accountId,
      ({ hold }) => hold.currency,
      ({ hold }) => hold.units,
      ({ atUs }) => atUs,
    ),
  };
}

function heldBalance(row: Row): HeldBalance {
  return {
    accountId: row["held_account"] as AccountId,
    currency: row["held_currency"] as string,
    availableUnits: BigInt(row["available_units"] as string),
    openOrders: row["orders_open"] as number,
  };
}
