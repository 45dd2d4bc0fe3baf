/**
 * Depth from the engine to its subscribers: random commands, messages of DEPTH of which some get lost, come twice or late, and clients
 * that apply what they are told, some of whom begin again now and then. Whenever the book has no hole, all of them have the engine's.
 *
 *   DEPTH_COMMANDS=1000000 DEPTH_SEED=1 npx mocha test/fuzz/shared/channels/depth.test.ts --timeout 0
 */
import { createEngine, type DepthLevel, LevelRows } from "@bourse/matching-core";
import { expect } from "chai";
import { mulberry32, RandomFlow } from "../../../../packages/matching-core/test/support/random-flow.js";
import { takeBook, takeChanges } from "../../../../src/matching-engine/depth-messages.js";
import { DepthBook } from "../../../../src/shared/market-data/depth-book.js";
import type { DepthLevel as Shown } from "../../../../src/shared/market-data/depth-side.js";
import { checksumOf, type LevelText, levelText } from "../../../../src/shared/market-data/depth-text.js";
import { DepthWindow } from "../../../../src/shared/market-data/depth-window.js";
import { decodeDepthBatch } from "../../../../src/shared/wire/depth-codec.js";
import { TEST_ASSET } from "../../../support/test-asset.js";

const COMMANDS = Number(process.env["DEPTH_COMMANDS"] ?? 40_000);
const COMMANDS_A_SEED = 4_000;
const firstSeed = Number(process.env["DEPTH_SEED"] ?? Date.now() % 1_000_000_000);
const WINDOWS = [1, 10, 25, 100, Number.MAX_SAFE_INTEGER];

describe("Depth, from the engine to its subscribers", () => {
  const seeds = Math.ceil(COMMANDS / COMMANDS_A_SEED);
  it(`is the engine's in every window, seeds ${firstSeed} to ${firstSeed + seeds - 1}`, function () {
    this.timeout(0);
    let compared = 0;
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) compared += play(seed);
    expect(compared).to.be.above(COMMANDS / 200);
  });
});

/** A client that does what docs/protocol.md says, with texts. */
class Client {
  readonly levelsMax: number;
  readonly window: DepthWindow;
  readonly #sides = { bids: new Map<string, string>(), asks: new Map<string, string>() };

  constructor(book: DepthBook, levelsMax: number) {
    this.levelsMax = levelsMax;
    this.window = new DepthWindow(book, levelsMax);
    for (const side of ["bids", "asks"] as const) this.#apply(side, book.best(side, levelsMax));
  }

  flush(): void {
    const told = this.window.take();
    for (const side of ["bids", "asks"] as const) this.#apply(side, told[side]);
  }

  side(side: "bids" | "asks"): LevelText[] {
    const sign = side === "bids" ? -1 : 1;
    return [...this.#sides[side]].sort(([a], [b]) => sign * (Number(a) - Number(b)));
  }

  #apply(side: "bids" | "asks", levels: readonly Shown[]): void {
    for (const level of levels) {
      const [price, quantity] = levelText(level, TEXT);
      if (quantity === "0") expect(this.#sides[side].delete(price), `0 of ${price}, which was not told`).to.equal(true);
      else this.#sides[side].set(price, quantity);
    }
  }
}

/** Whole numbers as text, so that all of them are exact and can be sorted. */
const TEXT = { ...TEST_ASSET, tick: { scale: 0, units: 1 }, lot: { scale: 0, units: 1 } };

function play(seed: number): number {
  const chance = mulberry32(~seed);
  const isOneIn = (count: number) => chance() % count === 0;
  const engine = createEngine(TEST_ASSET);
  const flow = new RandomFlow(seed);
  const rows = { bids: new LevelRows(), asks: new LevelRows() };
  const book = new DepthBook();
  const late: Uint8Array[] = [];
  let clients: Client[] = [];
  let through = 0;
  let compared = 0;
  for (let step = 0; step < COMMANDS_A_SEED; step++) {
    engine.execute(flow.next());
    if (!isOneIn(7)) continue;
    const { depthChanges, lastEventSequence } = engine;
    const isBook = book.isWanting && isOneIn(4);
    const changes = isBook ? null : takeChanges(depthChanges, rows, through, lastEventSequence);
    const messages = changes ?? takeBook(depthChanges, rows, lastEventSequence);
    if (messages.length > 0) through = lastEventSequence;
    for (const message of messages) {
      if (isOneIn(30)) continue;
      if (isOneIn(10)) late.push(message);
      book.fold(decodeDepthBatch(message));
    }
    while (late.length > 3) book.fold(decodeDepthBatch(late.splice(chance() % late.length, 1)[0] as Uint8Array));
    if (book.sequence === null || !isOneIn(3)) continue;
    for (const client of clients) client.flush();
    book.forgetChanges();
    if (clients.length === 0) clients = WINDOWS.map((levelsMax) => new Client(book, levelsMax));
    if (isOneIn(20))
      clients[chance() % WINDOWS.length] = new Client(book, WINDOWS[chance() % WINDOWS.length] as number);
    if (book.isWanting || book.sequence !== through) continue;
    compared++;
    for (const client of clients) compare(client, engine.depth(client.levelsMax), `seed ${seed}, command ${step}`);
  }
  return compared;
}

function compare(
  client: Client,
  depth: { bids: readonly DepthLevel[]; asks: readonly DepthLevel[] },
  where: string,
): void {
  const bids = depth.bids.map((level) => levelText(level, TEXT));
  const asks = depth.asks.map((level) => levelText(level, TEXT));
  expect([client.side("bids"), client.side("asks")], where).to.deep.equal([bids, asks]);
  expect(checksumOf(client.side("bids"), client.side("asks")), where).to.equal(checksumOf(bids, asks));
}
