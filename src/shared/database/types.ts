import pg from "pg";

const INT8_OID = 20;

/** How pg parses Postgres's values: an int8 becomes a number, and must be a safe integer. */
export const databaseTypes = new pg.TypeOverrides();
databaseTypes.setTypeParser(INT8_OID, (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} is not a safe integer`);
  return value;
});
