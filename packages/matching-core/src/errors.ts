/** The two kinds of exceptions that the engine knows. A refusal is neither: it is an event. */

/** Bytes can't be decoded, or a value can't be encoded. */
export class CodecError extends Error {
  override readonly name = "CodecError";
}

/** Something that must be true is not. Stops the asset that it concerns, and nothing else. */
export class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
}

export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantBroken(message);
}

/** Ends an exhaustive switch: a value that the types rule out has arrived all the same. */
export function assertNever(value: never): never {
  throw new InvariantBroken(`unexpected value ${JSON.stringify(value)}`);
}
