/** The engine's events as rows of bytes, the form in which they are published: its package makes, cuts and reads them. */
export {
  COMMAND,
  COMMAND_WORDS,
  cutRows,
  type EventRows,
  endsWithinCommand,
  type PublishedRows,
  piecesOf,
  readRows,
  rowBytes,
  rowsOf,
} from "@bourse/matching-core";
