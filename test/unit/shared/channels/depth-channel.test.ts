import { expect } from "chai";
import { DepthChannel } from "../../../../src/shared/channels/depth-channel.js";
import { accountId } from "../../../../src/shared/domain/units.js";
import { DepthBooks } from "../../../../src/shared/market-data/depth-books.js";
import { checksumOf, type LevelText } from "../../../../src/shared/market-data/depth-text.js";
import { LevelRows } from "../../../../src/shared/wire/depth-codec.js";
import { TEST_ASSET } from "../../../support/test-asset.js";
import { FakeListener } from "./fake-listener.js";

const ASSET = TEST_ASSET.asset;

interface Told {
  readonly previousSequence: number;
  readonly sequence: number;
  readonly bids: LevelText[];
  readonly asks: LevelText[];
  readonly checksum: number;
}
type Levels = readonly (readonly [priceTicks: number, lots: number])[];

class DepthListener extends FakeListener<Told> {
  constructor(id: string) {
    super(id, accountId(1), (_event, payload) => [payload as Told]);
  }
}

/** The channel with one asset, its listeners and the room. */
class Fixture {
  readonly listeners: DepthListener[] = [];
  readonly books = new DepthBooks([ASSET]);
  readonly channel = new DepthChannel({
    assets: new Map([[ASSET, TEST_ASSET]]),
    books: this.books,
    rooms: {
      send: (room, event, payload) => {
        for (const listener of this.listeners) if (listener.rooms.has(room)) listener.send(event, payload);
      },
    },
  });

  listener(): DepthListener {
    const listener = new DepthListener(String(this.listeners.length));
    this.listeners.push(listener);
    return listener;
  }

  subscribe(listener: DepthListener, depth?: unknown): void {
    const asked = { asset: ASSET, fields: depth === undefined ? {} : { depth } };
    const subscription = this.channel.subscription(listener, asked);
    if ("name" in subscription) throw new Error(subscription.text);
    subscription.begin((answer) => listener.answers.push(answer));
  }

  book(eventSequence: number, bids: Levels, asks: Levels): void {
    this.#fold(null, eventSequence, bids, asks);
  }

  change(previous: number, eventSequence: number, bids: Levels, asks: Levels = []): void {
    this.#fold(previous, eventSequence, bids, asks);
  }

  #fold(previousEventSequence: number | null, eventSequence: number, bids: Levels, asks: Levels): void {
    const rows = { bids: rowsOf(bids), asks: rowsOf(asks) };
    this.books.fold(ASSET, { previousEventSequence, eventSequence, ...rows, part: 1, parts: 1 }, 7);
    this.channel.flush(() => undefined);
  }
}

function rowsOf(levels: Levels): Float64Array {
  const rows = new LevelRows();
  for (const [price, lots] of levels) rows.add(price, lots);
  return rows.numbers;
}

describe("channel depth", () => {
  let fixture: Fixture;
  let ann: DepthListener;

  beforeEach(async () => {
    fixture = new Fixture();
    ann = fixture.listener();
    await fixture.channel.start();
  });
  afterEach(() => fixture.channel.stop());

  it("answers with the best levels, and goes on with what changes of them", () => {
    fixture.book(
      5,
      [
        [100, 1],
        [99, 2],
      ],
      [[101, 1500]],
    );
    fixture.subscribe(ann);
    const bids = [
      ["1.00", "0.001"],
      ["0.99", "0.002"],
    ] as const;
    const asks = [["1.01", "1.500"]] as const;
    expect(ann.answers).to.deep.equal([
      { ok: true, asset: ASSET, depth: 10, sequence: 5, bids, asks, checksum: checksumOf(bids, asks) },
    ]);
    fixture.change(5, 8, [
      [99, 0],
      [98, 4],
    ]);
    const now = [
      ["1.00", "0.001"],
      ["0.98", "0.004"],
    ] as const;
    const told = {
      bids: [
        ["0.99", "0"],
        ["0.98", "0.004"],
      ],
      asks: [],
      checksum: checksumOf(now, asks),
    };
    expect(ann.received).to.deep.equal([{ asset: ASSET, previousSequence: 5, sequence: 8, ...told }]);
  });

  it("tells what comes into the window and what leaves it, and nothing of what is behind it", () => {
    const bids = Array.from({ length: 12 }, (_, away) => [100 - away, 1 + away] as const);
    fixture.book(1, bids, []);
    fixture.subscribe(ann, 10);
    fixture.change(1, 2, [[89, 50]]);
    expect(ann.received).to.deep.equal([]);
    fixture.change(2, 3, [[101, 7]]);
    fixture.change(3, 4, [
      [100, 0],
      [99, 0],
    ]);
    const levels = ann.received.map((one) => one.bids);
    expect(levels).to.deep.equal([
      [
        ["1.01", "0.007"],
        ["0.91", "0"],
      ],
      [
        ["1.00", "0"],
        ["0.99", "0"],
        ["0.91", "0.010"],
        ["0.90", "0.011"],
      ],
    ]);
    expect(ann.received.map((one) => [one.previousSequence, one.sequence])).to.deep.equal([
      [1, 3],
      [3, 4],
    ]);
  });

  it("continues the sequence after a hole with one event that tells all that became different", () => {
    fixture.book(
      5,
      [
        [100, 1],
        [99, 2],
      ],
      [],
    );
    fixture.subscribe(ann);
    fixture.change(7, 9, [[100, 3]]);
    expect(ann.received).to.deep.equal([]);
    fixture.book(
      9,
      [
        [100, 3],
        [98, 1],
      ],
      [],
    );
    expect(
      ann.received.map(({ previousSequence, sequence, bids }) => [previousSequence, sequence, bids]),
    ).to.deep.equal([
      [
        5,
        9,
        [
          ["1.00", "0.003"],
          ["0.99", "0"],
          ["0.98", "0.001"],
        ],
      ],
    ]);
  });

  it("ignores what it knows already, and takes a change that begins before where it is", () => {
    fixture.book(5, [[100, 1]], []);
    fixture.subscribe(ann);
    fixture.change(3, 5, [[100, 9]]);
    fixture.book(4, [], []);
    expect(ann.received).to.deep.equal([]);
    fixture.change(3, 6, [[100, 2]]);
    expect(ann.received.map((one) => one.bids)).to.deep.equal([[["1.00", "0.002"]]]);
  });

  it("lets a subscriber wait for the first book, and one that comes later be answered at once", () => {
    fixture.subscribe(ann, "full");
    expect(ann.answers).to.deep.equal([]);
    fixture.book(1, [], []);
    const empty = { sequence: 1, bids: [], asks: [], checksum: 0 };
    expect(ann.answers).to.deep.equal([{ ok: true, asset: ASSET, depth: "full", ...empty }]);
  });

  it("has one depth for a connection: another one takes its place", () => {
    fixture.book(
      1,
      Array.from({ length: 12 }, (_, away) => [100 - away, 1] as const),
      [],
    );
    fixture.subscribe(ann, 10);
    fixture.subscribe(ann, 25);
    fixture.change(1, 2, [[89, 2]]);
    expect(ann.received.map((one) => one.bids)).to.deep.equal([[["0.89", "0.002"]]]);
    fixture.channel.forget(ann);
    fixture.change(2, 3, [[89, 3]]);
    expect(ann.received).to.have.length(1);
  });

  it("refuses an asset that is not named and a depth that is none", () => {
    expect(fixture.channel.subscription(ann, { asset: null, fields: {} })).to.include({ name: "UNKNOWN_ASSET" });
    for (const depth of [11, "10", null, -1, {}])
      expect(fixture.channel.subscription(ann, { asset: ASSET, fields: { depth } })).to.include({
        name: "UNSUPPORTED_COMBINATION",
      });
  });

  it("tells one that is behind nothing until it has read, then all that changed in one event", () => {
    const bob = fixture.listener();
    fixture.book(
      1,
      [
        [100, 1],
        [99, 1],
      ],
      [],
    );
    for (const listener of [ann, bob]) fixture.subscribe(listener);
    ann.behind = true;
    fixture.change(1, 2, [[100, 2]]);
    fixture.change(2, 3, [[100, 3]]);
    fixture.change(3, 4, [
      [99, 0],
      [98, 5],
    ]);
    ann.behind = false;
    fixture.change(4, 5, [[98, 6]]);
    fixture.change(5, 6, [[98, 7]]);
    expect(ann.received.map((one) => [one.previousSequence, one.sequence])).to.deep.equal([
      [1, 2],
      [2, 5],
      [5, 6],
    ]);
    expect(ann.received[1]?.bids).to.have.deep.members([
      ["1.00", "0.003"],
      ["0.99", "0"],
      ["0.98", "0.006"],
    ]);
    expect(bob.received.map((one) => one.sequence)).to.deep.equal([2, 3, 4, 5, 6]);
    expect(ann.received.at(-1)).to.deep.equal(bob.received.at(-1));
  });
});
