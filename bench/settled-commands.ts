import type { Database } from "../src/shared/database/database.js";

/** How many commands trade-processing has settled, of all assets. */
export async function settledCommands(database: Pick<Database, "query">): Promise<number> {
  const [row] = await database.query<{ commands: number }>(
    "select coalesce(sum(command_sequence), 0)::float8 as commands from consumer_positions where service = 'trade-processing'",
    [],
  );
  return row?.commands ?? 0;
}
