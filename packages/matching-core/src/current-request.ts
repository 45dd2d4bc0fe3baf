import { NONE } from "./codes.js";

/** The request that is carried out. NaN makes V8 keep the numbers as doubles from the start. */
export class CurrentRequest {
  logId = Number.NaN;
  accountId = Number.NaN;
  receivedAtUs = Number.NaN;
  /** The cover of a replace (commands.ts); NONE: nothing limits it. */
  cover = NONE;
}
