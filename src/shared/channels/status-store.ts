import type { Database } from "../database/database.js";
import type { AssetStatus } from "../domain/reports.js";
import type { StatusSource } from "./status-channel.js";

/** Reads the states of books from Postgres for the channel `status`. */
export class StatusStore implements StatusSource {
  readonly #database: Database;
  readonly #assets: ReadonlyMap<string, unknown>;

  constructor(database: Database, assets: ReadonlyMap<string, unknown>) {
    this.#database = database;
    this.#assets = assets;
  }

  bookStates(): Promise<(AssetStatus & { asset: string })[]> {
    return this.#database.query(
      `select asset, state, since_us as "sinceUs", event_sequence as "eventSequence", made_by as "madeBy", why
       from book_states where asset = any($1::text[])`,
      [[...this.#assets.keys()]],
    );
  }
}
