import { setImmediate } from "node:timers/promises";
import { DEFAULT_RULES, type Engine } from "@bourse/matching-core";
import { expect } from "chai";
import type { SnapshotStore, TakenSnapshot } from "../../../src/matching-engine/snapshot-store.js";
import { SNAPSHOT_POLICY, Snapshotter } from "../../../src/matching-engine/snapshotter.js";
import type { Bus } from "../../../src/shared/bus/bus.js";
import { streamSequence } from "../../../src/shared/domain/units.js";
import { serviceForTest } from "../../support/service.js";
import { TEST_ASSET } from "../../support/test-asset.js";

const ASSET = "BTC-USD";

/** What is taken is counted, and never stored. */
function snapshotsTaken(): { readonly taken: TakenSnapshot[]; readonly snapshotter: Snapshotter } {
  const taken: TakenSnapshot[] = [];
  const store = {
    store(snapshot: TakenSnapshot) {
      taken.push(snapshot);
      return new Promise(() => undefined);
    },
  } as unknown as SnapshotStore;
  const snapshotter = new Snapshotter(serviceForTest("snapshotter"), {} as Bus, store, SNAPSHOT_POLICY);
  snapshotter.startsFrom(ASSET, null);
  return { taken, snapshotter };
}

async function isTaken(bookBytes: number, commands: number, messages: number): Promise<boolean> {
  const { taken, snapshotter } = snapshotsTaken();
  const snapshot = () => new Uint8Array(0);
  const rules = DEFAULT_RULES;
  const engine = { lastCommandSequence: commands, byteLength: bookBytes, snapshot, rules } as unknown as Engine;
  const places = { commandsThrough: streamSequence(messages), executionsThrough: streamSequence(messages) };
  snapshotter.consider(ASSET, engine, TEST_ASSET, places);
  await setImmediate();
  return taken.length === 1;
}

describe("when a snapshot is taken", () => {
  const [small, large] = [100_000, 100_000_000];

  it("after 2,500 messages of all assets, which a restart would read again", async () => {
    expect(await isTaken(small, 100, 2_499)).to.equal(false);
    expect(await isTaken(small, 100, 2_500)).to.equal(true);
  });

  it("less often where the book is large, up to 10,000 messages", async () => {
    expect(await isTaken(2_000_000, 100, 4_999)).to.equal(false);
    expect(await isTaken(2_000_000, 100, 5_000)).to.equal(true);
    expect(await isTaken(large, 100, 9_999)).to.equal(false);
    expect(await isTaken(large, 100, 10_000)).to.equal(true);
  });

  it("not for fewer than a hundred commands of the asset's own, however many the others had", async () => {
    expect(await isTaken(small, 99, 1_000_000)).to.equal(false);
  });

  it("after 50,000 commands, however few messages they were", async () => {
    expect(await isTaken(large, 49_999, 1)).to.equal(false);
    expect(await isTaken(large, 50_000, 1)).to.equal(true);
  });
});
