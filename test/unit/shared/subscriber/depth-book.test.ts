import { expect } from "chai";
import fc from "fast-check";
import { crc32 } from "../../../../src/shared/domain/crc32.js";
import { type Asset, assetOf } from "../../../../src/shared/subscriber/asset.js";
import { DepthBook, type LevelJson } from "../../../../src/shared/subscriber/depth-book.js";

const BTC: Asset = assetOf({ asset: "BTC-USD", base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" });

/** By the rule's words, from texts: point and leading zeros go. */
function checksumOf(bids: readonly LevelJson[], asks: readonly LevelJson[]): number {
  const digits = ([price, quantity]: LevelJson) =>
    [Number(price).toFixed(2), Number(quantity).toFixed(4)]
      .map((text) => text.replace(".", "").replace(/^0+/, ""))
      .join("");
  return crc32([...asks.slice(0, 10), ...bids.slice(0, 10)].map(digits).join(""));
}

describe("crc32", () => {
  it("is the one of zlib", () => {
    expect(crc32("")).to.equal(0);
    expect(crc32("123456789")).to.equal(0xcbf43926); // the check value that the algorithm's catalogue gives
    expect(crc32("The quick brown fox jumps over the lazy dog")).to.equal(0x414fa339);
  });
});

describe("the page's book", () => {
  const BIDS: LevelJson[] = [
    ["64000.00", "0.5"],
    ["63999.50", "1"],
  ];
  const ASKS: LevelJson[] = [["64000.10", "0.0001"]];
  const begun = () => {
    const book = new DepthBook(BTC, 1_000);
    expect(book.begin({ sequence: 7, bids: BIDS, asks: ASKS, checksum: checksumOf(BIDS, ASKS) })).to.equal(true);
    return book;
  };
  const delta = (fields: object) => ({ previousSequence: 7, sequence: 8, bids: [], asks: [], checksum: 0, ...fields });

  it("begins with a snapshot, and knows when its checksum is another's", () => {
    const book = begun();
    expect([book.sequence, book.bids.prices, book.asks.quantities]).to.deep.equal([7, [6400000, 6399950], [1]]);
    expect(book.begin({ sequence: 7, bids: BIDS, asks: ASKS, checksum: 1 })).to.equal(false);
    expect(book.sequence).to.equal(null);
  });

  it("sets, adds and takes away levels", () => {
    const book = begun();
    const bids: LevelJson[] = [
      ["63999.50", "2"],
      ["63999.75", "3"],
    ];
    const checksum = checksumOf(
      [
        ["63999.75", "3"],
        ["63999.50", "2"],
      ],
      ASKS,
    );
    const applied = book.apply(delta({ bids: [["64000.00", "0"], ...bids], checksum }));
    expect([applied, book.sequence]).to.deep.equal(["applied", 8]);
    expect(book.bids.prices).to.deep.equal([6399975, 6399950]);
    expect(book.bids.quantities).to.deep.equal([30000, 20000]);
  });

  it("drops what its snapshot had, and says when something between is missing, or it has become another's book", () => {
    const book = begun();
    expect(book.apply(delta({ previousSequence: 5, sequence: 7 }))).to.equal("old");
    expect(book.apply(delta({ previousSequence: 8, sequence: 9 }))).to.equal("gap");
    expect(book.apply(delta({ checksum: checksumOf(BIDS, ASKS) }))).to.equal("gap", "until the next snapshot");
    expect(begun().apply(delta({ checksum: 5 }))).to.equal("mismatch");
  });

  it("takes a checksum as a signed or an unsigned number of 32 bits", () => {
    const signed = checksumOf(BIDS, ASKS) | 0;
    expect(new DepthBook(BTC, 10).begin({ sequence: 1, bids: BIDS, asks: ASKS, checksum: signed })).to.equal(true);
  });

  it("holds the levels of a map that is sorted, whatever comes", () => {
    const level = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(fc.array(level, { maxLength: 20 })), (deltas) => {
        const book = new DepthBook(BTC, 1_000);
        const levels = new Map<number, number>();
        book.begin({ sequence: 1, bids: [], asks: [], checksum: 0 });
        deltas.forEach((changes, at) => {
          for (const [price, quantity] of changes) quantity === 0 ? levels.delete(price) : levels.set(price, quantity);
          const sorted = [...levels].sort(([a], [b]) => b - a);
          const texts = (of: [number, number][]) => of.map(([p, q]): LevelJson => [(p / 100).toFixed(2), String(q)]);
          const fields = { previousSequence: at + 1, sequence: at + 2, asks: [], bids: texts(changes) };
          expect(book.apply({ ...fields, checksum: checksumOf(texts(sorted), []) })).to.equal("applied");
          expect(book.bids.prices).to.deep.equal(sorted.map(([price]) => price));
        });
      }),
    );
  });

  it("keeps as many levels as it was subscribed to", () => {
    const book = new DepthBook(BTC, 2);
    const asks: LevelJson[] = [
      ["2.00", "1"],
      ["3.00", "1"],
    ];
    book.begin({ sequence: 1, bids: [], asks, checksum: checksumOf([], asks) });
    const next: LevelJson[] = [
      ["1.00", "1"],
      ["2.00", "1"],
    ];
    const checksum = checksumOf([], next);
    expect(book.apply({ previousSequence: 1, sequence: 2, bids: [], asks: [["1.00", "1"]], checksum })).to.equal(
      "applied",
    );
    expect(book.asks.prices).to.deep.equal([100, 200]);
  });
});
