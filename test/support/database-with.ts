import type { Database } from "../../src/shared/database/database.js";

/** The database, but for what a test has of its own. */
export function databaseWith(database: Database, own: Partial<Database>): Database {
  return {
    query: (text, values) => database.query(text, values),
    copy: (select, values, decode) => database.copy(select, values, decode),
    transaction: (statements) => database.transaction(statements),
    news: () => database.news(),
    whyNotReady: () => database.whyNotReady(),
    close: () => database.close(),
    ...own,
  };
}
