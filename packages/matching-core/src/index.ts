/** The package's exports: the engine, the vocabulary of its commands and events, and the rows that carry events as bytes. */
export { HAS_DISPLAY, HAS_EXPIRY, HAS_MINIMUM, HAS_PRICE, HAS_QUANTITY, HAS_STOP_PRICE, NONE } from "./codes.js";
export type * from "./commands.js";
export type { Depth, DepthLevel } from "./depth.js";
export type { DepthChanges } from "./depth-changes.js";
export {
  createEngine,
  type Engine,
  type EngineOptions,
  type Indicative,
  type MatchingEngine,
  type OpenOrder,
  restoreEngine,
} from "./engine.js";
export * from "./enumerations.js";
export * from "./errors.js";
export { rowsOf } from "./event-encoding.js";
export { COMMAND, COMMAND_WORDS, type EventRows, rowBytes } from "./event-layout.js";
export { cutRows, endsWithinCommand, type PublishedRows, piecesOf } from "./event-pieces.js";
export { readRows } from "./event-rows.js";
export type * from "./events.js";
export { LEVEL_NUMBERS, LevelRows, lotsOfRow } from "./level-rows.js";
export {
  OrderTerms,
  packFeeRates,
  unpackFeeRates,
} from "./order-terms.js";
export {
  DEFAULT_RULES,
  type MarketRules,
  OtherRulesVersion,
  RULES_VERSION,
  type RulesInForce,
  rulesAreEqual,
} from "./rules.js";
export { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";
export * from "./units.js";
