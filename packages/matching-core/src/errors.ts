/** The engine's two kinds of exceptions. A refused request is neither: it is an event. */

/** Bytes that can't be decoded, or a value that can't be encoded. */
export class CodecError extends Error {
  override readonly name = "CodecError";
}

/** Something that must be true is not. It stops the asset concerned, and nothing else. */
export class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
}

export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantBroken(message);
}

/** Ends an exhaustive switch; throws if a value arrives that the types rule out. */
export function assertNever(value: never): never {
  throw new InvariantBroken(`unexpected value ${JSON.stringify(value)}`);
}
