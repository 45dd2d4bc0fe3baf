/**
 * The SQLSTATE of a Postgres error, or null where it is not one (a broken connection, say). Told by the error's shape:
 * `pg` takes a while to load, and a process that has no use for it is to start without.
 */
export function sqlState(error: unknown): string | null {
  const isOfPostgres = error instanceof Error && "severity" in error && "code" in error;
  return isOfPostgres && typeof error.code === "string" ? error.code : null;
}
