/**
 * The errors of the pipeline (docs/arch.md, Errors): a domain rejection is a value, never an exception; an operational error is
 * one of the classes below, with its cause; a broken invariant is an assertion that stops one asset.
 */

export { assertNever, CodecError, InvariantBroken, invariant, OtherRulesVersion } from "@bourse/matching-core";

/** The configuration is wrong; the message says what would be right, and the process exits with it. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** An awaited answer did not come before its deadline. What was requested may still happen. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
}

/** What was read is of an asset that was created a moment ago, and this process will know within a second: asked again, it does. */
export class AssetNotKnownYet extends Error {
  override readonly name = "AssetNotKnownYet";
}

/** Another process writes this asset: the fence refused our output, or our checkpoint has changed. The service must stop. */
export class Fenced extends Error {
  override readonly name = "Fenced";
}
