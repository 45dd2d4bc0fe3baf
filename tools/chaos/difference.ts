import { isDeepStrictEqual } from "node:util";

/** Something that is not as it must be. */
export interface Difference {
  /** What was acknowledged or decided and is not there; what is there twice; what is there and wrong; what the processes did. */
  readonly kind: "lost" | "doubled" | "differing" | "process";
  readonly text: string;
}

/** Compares the two field by field, those of `expected`; null: the same. */
export function fieldsThatDiffer(expected: object, found: object | undefined): string | null {
  if (found === undefined) return "it is not there";
  const actual = found as Record<string, unknown>;
  const fields = Object.entries(expected).filter(([name, value]) => !isDeepStrictEqual(value, actual[name]));
  if (fields.length === 0) return null;
  return fields.map(([name, value]) => `${name} is ${text(actual[name])}, not ${text(value)}`).join(", ");
}

const text = (value: unknown) => JSON.stringify(value) ?? "missing";
