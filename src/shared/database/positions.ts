/**
 * Positions: how far each service is in each asset's input (table consumer_positions). A position moves in the transaction
 * of the rows that the input became, and only from where its writer left it: that is the fence around Postgres.
 */

import { Fenced } from "../domain/errors.js";
import type { CommandSequence, StreamSequence } from "../domain/units.js";
import type { ServiceName } from "../process/services.js";
import { columns } from "./columns.js";
import type { Statement } from "./database.js";
import { isPostgresError } from "./postgres-errors.js";

export interface PositionMove {
  readonly asset: string;
  /** In the service's own numbers: log ids, or event sequences. */
  readonly from: number;
  readonly reached: number;
  readonly streamSequence: StreamSequence;
  /** Where the last command must stand, too: of a service whose commands don't all move `from`. */
  readonly fromCommand?: CommandSequence;
  readonly throughCommand: CommandSequence;
  /** The last command whose hold has passed to an order, or was released. */
  readonly holdThroughCommand: CommandSequence;
}

/** Must be the first statement of its transaction: one that waits for the asset then holds no other lock. */
export function takePositions(service: ServiceName, moves: readonly PositionMove[]): Statement {
  const values = columns(
    moves,
    (move) => move.asset,
    (move) => move.from,
    (move) => move.reached,
    (move) => move.streamSequence,
    (move) => move.fromCommand,
    (move) => move.throughCommand,
    (move) => move.holdThroughCommand,
  );
  return {
    name: "take_positions",
    text: `select take_positions($1, $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
      $8::bigint[])`,
    values: [service, ...values],
  };
}

/** The error of a transaction with `takePositions`: Fenced if another process had moved a position. */
export function fenceError(service: ServiceName, cause: unknown): unknown {
  return isPostgresError(cause, "positionTaken")
    ? new Fenced(`another ${service} has moved the position`, { cause })
    : cause;
}
