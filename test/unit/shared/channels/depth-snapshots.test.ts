import { expect } from "chai";
import { DepthSnapshots } from "../../../../src/shared/channels/depth-snapshots.js";
import { eventSequence } from "../../../../src/shared/domain/units.js";
import { DepthBooks } from "../../../../src/shared/market-data/depth-books.js";
import { checksumOf } from "../../../../src/shared/market-data/depth-text.js";
import { TEST_ASSET } from "../../../support/test-asset.js";

describe("DepthSnapshots", () => {
  const { asset } = TEST_ASSET;
  const levels = (from: number, step: number) => new Float64Array([0, 1, 2].flatMap((at) => [from + at * step, 5, 0]));
  let books: DepthBooks;
  let snapshots: DepthSnapshots;

  beforeEach(() => {
    books = new DepthBooks([asset]);
    snapshots = new DepthSnapshots(books, new Map([[asset, TEST_ASSET]]));
  });

  const show = (sequence: number) =>
    books.fold(
      asset,
      {
        eventSequence: eventSequence(sequence),
        previousEventSequence: null,
        part: 1,
        parts: 1,
        bids: levels(100, -1),
        asks: levels(101, 1),
      },
      0,
    );

  it("shows nothing of a book that is not known, or of an asset that is not traded", () => {
    expect([snapshots.of(asset, 10), snapshots.of("NO-NE", 10)]).to.deep.equal([null, null]);
  });

  it("shows the best levels with the checksum of the best ten", () => {
    show(7);
    const [all, best] = [snapshots.of(asset, 100), snapshots.of(asset, 1)];
    expect([all?.bids.length, best?.bids.length, best?.asks.length, best?.sequence]).to.deep.equal([3, 1, 1, 7]);
    expect(best?.checksum)
      .to.equal(all?.checksum)
      .and.to.equal(checksumOf(all?.bids ?? [], all?.asks ?? []));
  });

  it("makes one until the book changes", () => {
    show(7);
    const first = snapshots.of(asset, 3);
    expect(snapshots.of(asset, 3)).to.equal(first);
    show(8);
    expect(snapshots.of(asset, 3)?.sequence).to.equal(8);
  });
});
