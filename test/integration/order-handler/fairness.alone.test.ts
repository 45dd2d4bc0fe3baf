import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { BATCH_ITEMS_MAX, type LogId, logId } from "../../../src/shared/domain/units.js";
import { patience } from "../../support/machine.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { type HandlerForTest, startHandler, TestClient } from "./handler-under-test.js";

const FLOOD = fileURLToPath(new URL("flood.mjs", import.meta.url));
const ASSET = "KCN-EUR";
/** Orders of the honest client in a round, quiet and beside the flood. */
const ORDERS = 60;
/** The quiet value counts at least this much: below it, the machine's noise is larger than any wait. */
const QUIET_MS_MIN = 4;
/** Other work of the machine may spoil a round; in a handler that makes the honest wait in line, it spoils all. */
const ROUNDS_MAX = 6;

describe("one account that floods an asset", () => {
  let nats: NatsForTest;
  let handler: HandlerForTest;
  let flood: ChildProcess | null = null;

  before(async () => {
    nats = await startNats();
  });
  afterEach(async () => {
    await endFlood();
    await handler.stop();
  });
  after(() => nats.stop());

  async function endFlood(): Promise<void> {
    const child = flood;
    flood = null;
    if (child === null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** The flood's own client takes time from everybody, in a handler without queues, too: quiet is beside such a process. */
  async function quietAckMs(client: TestClient): Promise<number> {
    const busy = spawn(process.execPath, ["-e", "for (;;);"]);
    try {
      return Math.max(await ackMs(client), QUIET_MS_MIN);
    } finally {
      const ended = once(busy, "exit");
      busy.kill("SIGKILL");
      await ended;
    }
  }

  /** Resolves when it has counted answers of every one of these kinds. */
  async function startFlood(line: string, sessions: number, ...kinds: string[]): Promise<void> {
    const child = spawn(process.execPath, [FLOOD, String(handler.port), "random2", line, String(sessions)]);
    flood = child;
    await new Promise<void>((resolve, reject) => {
      child.once("exit", () => reject(new Error("the flood ended by itself")));
      child.stdout.on("data", (said: Buffer) => {
        if (kinds.every((kind) => said.toString().includes(`"${kind}"`))) resolve();
      });
    });
  }

  /** How long nine of ten orders of an honest client are at most without their ACK; anything else than an ACK fails. */
  async function ackMs(client: TestClient): Promise<number> {
    const times: number[] = [];
    for (let order = 0; order < ORDERS; order++) {
      const sentMs = performance.now();
      expect(await client.ask(`BUY ${ASSET} 1 1`)).to.match(/^ACK /);
      times.push(performance.now() - sentMs);
    }
    return times.sort((one, other) => one - other)[Math.ceil(times.length * 0.9) - 1] as number;
  }

  const floods: [what: string, line: string, sessions: number][] = [
    ["cancels that hit nothing", `CANCEL ${ASSET} 5`, 4],
    ["orders that trade with nothing", `BUY ${ASSET} 1 1 tif=IOC`, 4],
  ];
  for (const [what, line, sessions] of floods)
    it(`does not slow another account's ACK down with ${what}`, async () => {
      handler = await startHandler(nats.url);
      const honest = await TestClient.login(handler.port, "random1");
      await ackMs(honest);
      const seen: string[] = [];
      for (let round = 1; round <= ROUNDS_MAX; round++) {
        const quietMs = await quietAckMs(honest);
        await startFlood(line, sessions, "ACK");
        const floodedMs = await ackMs(honest);
        await endFlood();
        seen.push(`${floodedMs.toFixed(1)} ms, quiet ${quietMs.toFixed(1)} ms`);
        if (floodedMs <= patience(3 * quietMs)) break;
      }
      honest.close();
      expect(seen).to.have.length.below(ROUNDS_MAX, seen.join("; "));
    });

  it("does not have another account's order wait behind the 32 messages that its own requests would fill", async () => {
    handler = await startHandler(nats.url);
    const honest = await TestClient.login(handler.port, "random1");
    await startFlood(`BUY ${ASSET} 1 1 tif=IOC`, 8, "ACK");
    for (let order = 0; order < 20; order++) {
      const { last } = await handler.bus.streamBounds("ORDERS");
      const message = Math.floor(Number((await honest.ask(`BUY ${ASSET} 1 1`)).split(" ")[1]) / BATCH_ITEMS_MAX);
      // One was on its way, and some may have gone while the order was on its way here.
      expect(message - Number(last)).to.be.at.most(12);
    }
    honest.close();
  });

  it("is refused when its requests are not processed, and nobody else is", async () => {
    let processed: ReadonlyMap<string, LogId> = new Map([[ASSET, logId(0)]]);
    const door = { unprocessedMax: 500, backlogAgeMaxMs: 600_000, credit: { requests: 500, promptMs: 600_000 } };
    handler = await startHandler(nats.url, { door, processedThrough: async () => processed });
    const honest = await TestClient.login(handler.port, "random1");
    await startFlood(`BUY ${ASSET} 1 1 tif=IOC`, 2, "ACK", "BUSY");
    for (let order = 0; order < 20; order++) expect(await honest.ask(`BUY ${ASSET} 1 1`)).to.match(/^ACK /);
    await endFlood();
    const flooder = await TestClient.login(handler.port, "random2");
    expect(await flooder.ask(`BUY ${ASSET} 1 1`)).to.match(/^REJ 300 BUSY too many of your requests /);
    expect(await flooder.ask("BUY BTC-USD 1 1")).to.match(/^ACK /);
    const { last } = await handler.bus.streamBounds("ORDERS");
    processed = new Map([[ASSET, logId((Number(last) + 1) * BATCH_ITEMS_MAX)]]);
    let answer = "";
    while (!answer.startsWith("ACK")) answer = await flooder.ask(`BUY ${ASSET} 1 1`);
    honest.close();
    flooder.close();
  });

  it("has no more cancels logged than it has orders, and a few", async () => {
    handler = await startHandler(nats.url, { cancels: { perSecond: 1, burst: 3 } });
    const client = await TestClient.login(handler.port, "random2");
    const order = await client.ask(`BUY ${ASSET} 1 1`);
    for (let cancel = 0; cancel < 4; cancel++) expect(await client.ask(`CANCEL ${ASSET} 5`)).to.match(/^ACK /);
    expect(await client.ask(`CANCEL ${ASSET} 5`)).to.match(/^REJ 303 RATE_LIMITED an account may send 1 more cancels /);
    expect(await client.ask(`CANCELALL ${ASSET}`)).to.match(/^ACK /);
    expect(order).to.match(/^ACK /);
    client.close();
  });
});
