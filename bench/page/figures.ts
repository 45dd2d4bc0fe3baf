const MEBIBYTE = 1_048_576;

/** What a measurement found, and what it had to be. */
export interface Figures {
  readonly json: object;
  /** Of what. */
  readonly title: string;
  readonly rows: readonly (readonly [what: string, limit: string, measured: string])[];
  /** What went wrong in the page. */
  readonly problems: readonly string[];
}

export function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}
