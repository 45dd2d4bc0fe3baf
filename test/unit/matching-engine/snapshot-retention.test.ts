import { expect } from "chai";
import { type StoredPlace, toKeep } from "../../../src/matching-engine/snapshot-retention.js";
import { AT_START } from "../../../src/matching-engine/snapshot-store.js";

const snapshot = (event: number, place: StoredPlace["place"] = { ...AT_START, eventSequence: event }): StoredPlace => ({
  stored: { subject: `snapshots.A.${event}`, commandSequence: event, isWhole: true },
  place,
});
const kept = (snapshots: readonly StoredPlace[]) =>
  toKeep(snapshots, 1_000).map(({ stored }) => stored.commandSequence);
const keptOf = (...events: readonly number[]) => kept(events.map((event) => snapshot(event)));

describe("the snapshots that are kept", () => {
  it("are the newest three where these leave enough to compare", () => {
    expect(keptOf(9_000, 8_500, 8_000, 7_500, 7_000)).to.deep.equal([9_000, 8_500, 8_000]);
  });

  it("are also the newest that leaves enough, and the oldest that does not yet", () => {
    expect(keptOf(9_000, 8_990, 8_980, 8_970, 8_500, 8_000, 7_000)).to.deep.equal([9_000, 8_990, 8_980, 8_500, 8_000]);
  });

  it("are five at most, and leave a start 1,000 to 3,000 events, however little happens between two", () => {
    let snapshots: StoredPlace[] = [];
    for (let event = 0; event <= 20_000; event += 7) {
      const events = kept([snapshot(event), ...snapshots]);
      snapshots = events.map((each) => snapshot(each));
      const leaving = events.map((each) => event - each).filter((left) => left >= 1_000);
      expect(events).to.have.length.at.most(5);
      if (event >= 1_000) expect(Math.min(...leaving)).to.be.within(1_000, 3_000);
    }
  });

  it("are never more for one that can't be loaded", () => {
    const broken = snapshot(8_000, null);
    expect(kept([snapshot(9_000), snapshot(8_990), snapshot(8_980), broken])).to.deep.equal([9_000, 8_990, 8_980]);
  });
});
