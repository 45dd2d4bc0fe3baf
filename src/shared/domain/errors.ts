/**
 * Three kinds of trouble (docs/arch.md, Errors): a domain rejection is a value, never an exception; an operational
 * error is one of the classes below, with its cause; a broken invariant is an assertion that stops one asset.
 */

/** The configuration is wrong: the message says what would be right; the process exits with it. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** A message or frame can't be decoded, or a value can't be encoded. */
export class CodecError extends Error {
  override readonly name = "CodecError";
}

/** Something that was awaited did not come before its deadline. What was asked for may still happen. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
}

/** Somebody else writes this asset: the fence refused us, or our checkpoint is not there any more. Stop the asset. */
export class Fenced extends Error {
  override readonly name = "Fenced";
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
