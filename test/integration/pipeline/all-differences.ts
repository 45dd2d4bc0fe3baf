import { PRESENT_VIEWS } from "../../../src/reconciliation/closed-days.js";
import { differenceText } from "../../../src/reconciliation/difference-text.js";
import { differences } from "../../../src/reconciliation/reconcile.js";
import { openSnapshot } from "../../../src/shared/database/snapshot.js";

/** What reconciliation finds in everything that is written at this moment. */
export async function allDifferences(databaseUrl: string): Promise<string[]> {
  const snapshot = await openSnapshot(databaseUrl, "test", PRESENT_VIEWS);
  try {
    const texts: string[] = [];
    for await (const difference of differences(snapshot)) texts.push(differenceText(difference));
    return texts;
  } finally {
    await snapshot.close();
  }
}
