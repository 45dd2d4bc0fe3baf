import { type Refusal, refuse } from "../domain/rejects.js";
import { shownValue } from "./subscribe-request.js";

/** Checks the field `from` of a private channel: the last `accountSequence` that the client has; null: it has none. */
export function parseFrom(from: unknown): { readonly fromSequence: number | null } | Refusal {
  if (from === undefined) return { fromSequence: null };
  if (typeof from === "number" && Number.isSafeInteger(from) && from >= 0) return { fromSequence: from };
  return refuse(
    "MALFORMED_MESSAGE",
    `from ${shownValue(from)} is not a whole number from 0; give the last accountSequence you have`,
  );
}

/** Why a client can't go on from there: it has more than there is, so it is another account's, or another exchange's. */
export function refuseAhead(fromSequence: number | null, accountSequence: number): Refusal | null {
  if (fromSequence === null || fromSequence <= accountSequence) return null;
  const text = `from ${fromSequence} is after the account's last report, which is ${accountSequence}`;
  return refuse("MALFORMED_MESSAGE", text);
}
