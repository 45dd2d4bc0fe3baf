/** The books of stock clients, kept by the channel `depth` of a running bourse, against the engine alone told the same lines. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { io } from "socket.io-client";
import { mulberry32 } from "../../packages/matching-core/test/support/random-flow.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { BookClient, type Levels } from "../support/book-client.js";
import { until } from "../support/eventually.js";
import { TextSession } from "../support/trading-session.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const ASSET = "BTC-USD";
const ACCOUNTS = ["random1", "random2"] as const;
const ROUNDS = 40;
const LINES_A_ROUND = 75;
const DEPTHS = [10, 100, "full"] as const;

/** Orders around a price, a third of them icebergs, and cancels of those that may rest; each account's turn is a round. */
function drawRound(round: number, draw: () => number): string[] {
  return Array.from({ length: LINES_A_ROUND }, (_, index) => {
    const below = (limit: number) => draw() % limit;
    const target = `r${Math.max(0, round - 2)}-${below(LINES_A_ROUND)}`;
    if (below(4) === 0) return `CANCEL ${ASSET} id=${target}`;
    const quantity = 1 + below(500);
    const options = below(3) === 0 ? ` display=${(Math.ceil(quantity / 3) / 10_000).toFixed(4)}` : "";
    const price = (6_400_000 + below(400) - 200) / 100;
    const side = below(2) === 0 ? "BUY" : "SELL";
    return `${side} ${ASSET} ${(quantity / 10_000).toFixed(4)} ${price.toFixed(2)} id=r${round}-${index}${options}`;
  });
}

/** What the engine alone shows after these lines. */
function bookOf(lines: readonly string[]): { bids: Levels; asks: Levels } {
  const program = join(projectRoot, "dist", "matching-engine", "cli.js");
  const { stdout, status } = spawnSync(
    process.execPath,
    [program, "--asset", ASSET, "--tick", "0.01", "--lot", "0.0001"],
    { input: [...lines, "BOOK 100000", ""].join("\n"), encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  expect(status).to.equal(0);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

describe("the depth of a running bourse", () => {
  let bourse: BourseUnderTest;
  const open: { close(): void }[] = [];

  before(async function () {
    this.timeout(120_000);
    bourse = await BourseUnderTest.start();
  });
  after(async () => {
    for (const each of open) each.close();
    await bourse.interrupt();
  });

  it("is what the engine alone shows of the same orders, also when its engine is killed in between", async function () {
    this.timeout(120_000);
    const sockets = DEPTHS.map(() => io(bourse.endpoints.notifierUrl, { forceNew: true, transports: ["websocket"] }));
    open.push(...sockets);
    const clients = DEPTHS.map((depth, at) => new BookClient(sockets[at] as (typeof sockets)[number], ASSET, depth));
    for (const client of clients) await client.begin();
    const sessions: TextSession[] = [];
    for (const account of ACCOUNTS) sessions.push(await TextSession.open(bourse.endpoints.orderHandler, account));
    open.push(...sessions);
    const draw = mulberry32(11);
    const lines: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const which = round % 2;
      const drawn = drawRound(round, draw);
      const answers = await Promise.all(drawn.map((line) => (sessions[which] as TextSession).request(line)));
      // What is refused while the engine is away was not logged.
      for (const answer of answers) expect(answer).to.match(/^(ACK|REJ 300) /);
      const logged = drawn.filter((_, index) => answers[index]?.startsWith("ACK"));
      lines.push(...logged.map((line) => `${line} account=${ACCOUNTS[which]}`));
      if (round === ROUNDS / 2) await bourse.killAndWaitForNext("matching-engine");
    }
    const { bids, asks } = bookOf(lines);
    expect(bids.length + asks.length).to.be.above(50);
    const inNumbers = (levels: Levels) => levels.map((level) => level.map(Number));
    for (const [at, client] of clients.entries()) {
      const depth = DEPTHS[at] as (typeof DEPTHS)[number];
      const max = depth === "full" ? Number.POSITIVE_INFINITY : depth;
      const expected = JSON.stringify([bids, asks].map((side) => inNumbers(side.slice(0, max))));
      const isThere = () => JSON.stringify([client.bids, client.asks].map(inNumbers)) === expected;
      await until(`the client's book of ${depth} levels is the engine's`, isThere, 30_000);
      expect(client.problems).to.deep.equal([]);
      expect(client.events).to.be.above(0);
    }
  });
});
