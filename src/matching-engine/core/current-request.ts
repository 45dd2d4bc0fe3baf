/** Whose request is carried out. NaN makes V8 keep the numbers as doubles from the start. */
export class CurrentRequest {
  logId = Number.NaN;
  accountId = Number.NaN;
  receivedAtUs = Number.NaN;
}
