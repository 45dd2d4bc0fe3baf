import { NONE } from "./codes.js";

/** Whose request is carried out. NaN makes V8 keep the numbers as doubles from the start. */
export class CurrentRequest {
  logId = Number.NaN;
  accountId = Number.NaN;
  receivedAtUs = Number.NaN;
  /** Of a replace: what is held for it beyond what its order holds, in ticks × lots or lots; NONE: nothing limits it. */
  cover = NONE;
}
