import { expect } from "chai";
import { epochUs, streamSequence } from "../../../../src/shared/domain/units.js";
import type { AssetInput } from "../../../../src/shared/stage/asset-input.js";
import { Suspects } from "../../../../src/shared/stage/dead-letters.js";

function input(asset: string, sequences: readonly number[]): AssetInput {
  const messages = sequences.map((sequence) => ({
    subject: `orders.${asset}`,
    streamSequence: streamSequence(sequence),
    storedAtUs: epochUs(0),
    data: new Uint8Array(0),
  }));
  return { asset, messages };
}

/** Handles messages 1 to `count` as a stage would, until `culprit` is found; returns how often something failed. */
function search(count: number, culprit: number): { found: number | undefined; failures: number } {
  const suspects = new Suspects();
  let reached = 0;
  for (let failures = 0; failures <= 20; ) {
    const size = Math.min(count - reached, suspects.messagesMax("A"));
    const batch = input(
      "A",
      Array.from({ length: size }, (_, index) => reached + 1 + index),
    );
    const holdsCulprit = reached < culprit && culprit <= reached + size;
    if (!holdsCulprit) {
      suspects.acquit([batch]);
      reached += size;
      continue;
    }
    failures++;
    const found = suspects.accuse([batch]);
    if (found !== null) return { found: found.streamSequence, failures };
  }
  return { found: undefined, failures: 20 };
}

describe("Suspects", () => {
  it("are halved until the culprit stands alone, wherever it is", () => {
    for (const count of [1, 2, 3, 100, 256])
      for (const culprit of [1, Math.ceil(count / 2), count]) {
        const { found, failures } = search(count, culprit);
        expect(found, `${culprit} of ${count}`).to.equal(culprit);
        expect(failures).to.be.most(10);
      }
  });

  it("are not condemned the first time that they fail alone", () => {
    const suspects = new Suspects();
    expect(suspects.accuse([input("A", [7])])).to.equal(null);
    expect(suspects.accuse([input("A", [7])])?.streamSequence).to.equal(7);
  });

  it("are looked at one asset after the other when several failed together", () => {
    const suspects = new Suspects();
    expect(suspects.accuse([input("A", [1, 2, 3, 4]), input("B", [5])])).to.equal(null);
    expect(["A", "B", "C"].map((asset) => suspects.has(asset))).to.deep.equal([true, true, false]);
    expect(suspects.messagesMax("A")).to.equal(2);
  });

  it("are free again once all that failed went well", () => {
    const suspects = new Suspects();
    suspects.accuse([input("A", [1, 2, 3, 4])]);
    suspects.acquit([input("A", [1, 2])]);
    expect(suspects.has("A")).to.equal(true);
    suspects.acquit([input("A", [3, 4])]);
    expect(suspects.has("A")).to.equal(false);
    expect(suspects.messagesMax("A")).to.equal(Number.POSITIVE_INFINITY);
  });
});
