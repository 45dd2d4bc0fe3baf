import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { freePort } from "../../../src/launcher/free-port.js";
import { mainFile } from "../../../src/launcher/service-process.js";
import { Fenced } from "../../../src/shared/domain/errors.js";
import { eventually } from "../../support/eventually.js";
import { stopAfterFile } from "../../support/hooks.js";
import { patience } from "../../support/machine.js";
import { ASSET, EnginesUnderTest } from "./engines-under-test.js";

const ENDS_WITHIN_MS = 100;
const TRIES = 5;

/** A matching-engine in a process of its own. */
class EngineProcess {
  /** From the line that says it was refused until the process was gone; null: it still runs. */
  endedAfterMs: number | null = null;
  refusal: string | null = null;
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcess;

  constructor(natsUrl: string, instance: string, adminPort: number) {
    this.#child = spawn(process.execPath, [mainFile("matching-engine")], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH: process.env["PATH"],
        NATS_URL: natsUrl,
        DATABASE_URL: "postgres://nobody:1",
        INSTANCE: instance,
        ASSETS: ASSET,
        ADMIN_PORT: String(adminPort),
      },
    });
    this.ended = once(this.#child, "exit");
    stopAfterFile(async () => this.signal("SIGKILL"));
    let refusedMs = 0;
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const { level, err, time } = JSON.parse(line) as { level: number; err?: { stack: string }; time: string };
      if (level < 60) return;
      refusedMs = Date.parse(time);
      this.refusal = err?.stack ?? line;
    });
    let goneMs = 0;
    this.#child.on("exit", () => {
      goneMs = Date.now();
    });
    this.#child.on("close", () => {
      this.endedAfterMs = goneMs - refusedMs;
    });
  }

  readonly signal = (signal: NodeJS.Signals): void => {
    this.#child.kill(signal);
  };
}

describe("an engine whose asset another one has", () => {
  let engines: EnginesUnderTest;
  const running: EngineProcess[] = [];

  before(async () => {
    engines = await EnginesUnderTest.create();
  });
  after(async () => {
    for (const { signal } of running) signal("SIGKILL");
    await Promise.all(running.map(({ ended }) => ended));
    await engines.stop();
  });

  async function start(): Promise<EngineProcess> {
    const started = new EngineProcess(engines.nats.url, "twin", await freePort());
    running.push(started);
    return started;
  }

  /** Freezes one of two, lets the other one write, and thaws it; how long it lived after it was refused. */
  async function refusedEngineLivesMs(): Promise<number> {
    const zombie = await start();
    await engines.command(100);
    await engines.published();
    zombie.signal("SIGSTOP");
    const other = await start(); // under the same name, so that both believe that the lease is their own
    for (let round = 0; round < 5; round++) {
      await engines.command(100);
      await engines.published();
    }
    zombie.signal("SIGCONT");
    await engines.command(100);
    const livesMs = await eventually("the one that stood still is gone", () => zombie.endedAfterMs);
    expect(zombie.refusal).to.include(Fenced.name);
    expect(await engines.published()).to.deep.equal(engines.expected().events);
    other.signal("SIGKILL");
    await other.ended;
    return livesMs;
  }

  it("writes nothing when it is refused, and is gone within 100 ms", async () => {
    const times: number[] = [];
    do times.push(await refusedEngineLivesMs());
    while (Math.min(...times) > patience(ENDS_WITHIN_MS) && times.length < TRIES); // on a busy machine others may come first
    expect(Math.min(...times)).to.be.at.most(patience(ENDS_WITHIN_MS));
  });
});
