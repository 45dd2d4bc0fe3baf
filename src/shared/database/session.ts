/** A connection of one's own, for what belongs to a session: a snapshot, a lock, a base backup. */
import type pg from "pg";
import type { Row } from "./pipelined-transaction.js";
import { ServerChoice } from "./server-choice.js";
import { databaseTypes } from "./types.js";

export const CONNECT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;

export interface Session {
  query<R = Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

/** Rejects if there is no connection within a few seconds. */
export async function openSession(url: string, applicationName: string, queryTimeoutMs: number): Promise<Session> {
  const client = await connectedClient(url, applicationName, queryTimeoutMs);
  return {
    query: async <R>(text: string, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as R[],
    close: () => ended(client),
  };
}

export async function connectedClient(
  url: string,
  applicationName: string,
  queryTimeoutMs: number,
): Promise<pg.Client> {
  return await new ServerChoice(url, {
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: queryTimeoutMs,
    types: databaseTypes,
  }).connected();
}

/** Runs a first statement that the connection is of no use without: if it fails, the connection is closed. */
export async function asFirst(client: pg.Client, text: string): Promise<Row[]> {
  try {
    return (await client.query(text)).rows;
  } catch (error) {
    await ended(client);
    throw error;
  }
}

/** Closes the connection; destroys it if the server does not take part in time. */
export async function ended(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => client.connection.stream.destroy(), CLOSE_TIMEOUT_MS);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
}
