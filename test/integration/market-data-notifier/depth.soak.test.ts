/**
 * Books of three assets through a million commands, each with an event at least: two notifiers, of which one is killed again and
 * again, and clients who begin again at random, at either. `DEPTH_COMMANDS=100000` for fewer.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { DepthLevel } from "@bourse/matching-core";
import { expect } from "chai";
import { io } from "socket.io-client";
import { mulberry32 } from "../../../packages/matching-core/test/support/random-flow.js";
import { freePort } from "../../../src/launcher/free-port.js";
import { mainFile } from "../../../src/launcher/service-process.js";
import type { Asset } from "../../../src/shared/domain/assets.js";
import { formatPrice } from "../../../src/shared/domain/decimal.js";
import { BookClient } from "../../support/book-client.js";
import { until } from "../../support/eventually.js";
import { stopAfterFile } from "../../support/hooks.js";
import { asRole, createDatabase } from "../../support/postgres.js";
import { EnginesUnderTest, REGISTRY } from "../matching-engine/engines-under-test.js";

const COMMANDS = Number(process.env["DEPTH_COMMANDS"] ?? 1_000_000);
const COMMANDS_A_ROUND = 500;
const ASSETS = ["BTC-USD", "ETH-USD", "SOL-USDC"] as const;
const DEPTHS = [10, 100, "full"] as const;
const KILLS = 5;
const LAST_BOOK_MS = 120_000;

/** A notifier in a process of its own, which can be killed and started again in its place. */
class NotifierProcess {
  readonly url: string;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;

  private constructor(port: number, env: NodeJS.ProcessEnv) {
    this.url = `http://127.0.0.1:${port}`;
    this.#env = { PATH: process.env["PATH"], NOTIFIER_PORT: String(port), LOG_LEVEL: "warn", ...env };
    stopAfterFile(() => this.kill9());
  }

  static async start(natsUrl: string, databaseUrl: string): Promise<NotifierProcess> {
    const env = { NATS_URL: natsUrl, DATABASE_URL: asRole(databaseUrl, "bourse_market_data_notifier") };
    const notifier = new NotifierProcess(await freePort(), { ...env, ADMIN_PORT: String(await freePort()) });
    await notifier.start();
    return notifier;
  }

  async start(): Promise<void> {
    this.#child = spawn(process.execPath, [mainFile("market-data-notifier")], { env: this.#env, stdio: "inherit" });
    await until("the notifier", () =>
      fetch(this.url).then(
        () => true,
        () => false,
      ),
    );
  }

  async kill9(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
}

interface Follower {
  readonly asset: string;
  readonly depth: number | "full";
  notifier: NotifierProcess;
  client: BookClient;
  close: () => void;
}

describe("depth, at two notifiers, for long", function () {
  this.timeout(0);
  let engines: EnginesUnderTest;
  let notifiers: [NotifierProcess, NotifierProcess];
  const followers: Follower[] = [];

  before(async () => {
    const databaseUrl = await createDatabase();
    engines = await EnginesUnderTest.create();
    await engines.start({ assets: ASSETS });
    const start = () => NotifierProcess.start(engines.nats.url, databaseUrl);
    notifiers = [await start(), await start()];
  });
  after(async () => {
    for (const { close } of followers) close();
    for (const notifier of notifiers) await notifier.kill9();
    await engines.stop();
  });

  async function follow(notifier: NotifierProcess, asset: string, depth: number | "full"): Promise<Follower> {
    const socket = io(notifier.url, { forceNew: true, transports: ["websocket"] });
    const client = new BookClient(socket, asset, depth);
    await client.begin();
    return { asset, depth, notifier, client, close: () => socket.close() };
  }

  /** Somebody who had no wrong book goes, and comes again. */
  async function beginAgain(follower: Follower, notifier: NotifierProcess): Promise<void> {
    expect(follower.client.problems).to.deep.equal([]);
    follower.close();
    Object.assign(follower, await follow(notifier, follower.asset, follower.depth));
  }

  it("is the engine's at every checksum, and at the end", async () => {
    for (const notifier of notifiers)
      for (const asset of ASSETS) for (const depth of DEPTHS) followers.push(await follow(notifier, asset, depth));
    const draw = mulberry32(5);
    const rounds = Math.ceil(COMMANDS / COMMANDS_A_ROUND / ASSETS.length);
    let checked = 0;
    for (let round = 0; round < rounds; round++) {
      for (const asset of ASSETS) await engines.command(COMMANDS_A_ROUND, asset);
      const some = followers[draw() % followers.length] as Follower;
      checked += some.client.events;
      await beginAgain(some, notifiers[draw() % 2] as NotifierProcess);
      if ((round + 1) % Math.ceil(rounds / (KILLS + 1)) !== 0) continue;
      const [killed, other] = draw() % 2 === 0 ? notifiers : notifiers.toReversed();
      await (killed as NotifierProcess).kill9();
      for (const follower of followers)
        if (follower.notifier === killed) {
          checked += follower.client.events;
          await beginAgain(follower, other as NotifierProcess);
        }
      await (killed as NotifierProcess).start();
    }
    for (const asset of ASSETS) {
      const { depth } = engines.expected(asset);
      const { tick, lot } = REGISTRY.assets.get(asset) as Asset;
      const textOf = ([price, lots]: DepthLevel) => [formatPrice(price, tick), formatPrice(lots, lot)];
      for (const { client, depth: levels } of followers.filter((each) => each.asset === asset)) {
        const max = levels === "full" ? Number.POSITIVE_INFINITY : levels;
        const expected = JSON.stringify([depth.bids, depth.asks].map((side) => side.slice(0, max).map(textOf)));
        const isThere = () => JSON.stringify([client.bids, client.asks]) === expected;
        await until(`the book of ${levels} levels of ${asset} is the engine's`, isThere, LAST_BOOK_MS);
        expect(client.problems).to.deep.equal([]);
        checked += client.events;
      }
    }
    console.log(`${checked} checksums, all of them right`);
    expect(checked).to.be.above(rounds);
  });
});
