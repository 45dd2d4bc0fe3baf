/**
 * Three kinds of trouble (docs/arch.md, Errors): a domain rejection is a value, never an exception; an operational
 * error is one of the classes below, with its cause; a broken invariant is an assertion that stops one asset.
 */

export { assertNever, CodecError, InvariantBroken, invariant, OtherRulesVersion } from "@bourse/matching-core";

/** The configuration is wrong: the message says what would be right; the process exits with it. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Something that was awaited did not come before its deadline. What was asked for may still happen. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
}

/** Somebody else writes this asset: the fence refused us, or our checkpoint is not there any more. Stop the asset. */
export class Fenced extends Error {
  override readonly name = "Fenced";
}
