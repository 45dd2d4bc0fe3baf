import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { projectRoot } from "../../../src/shared/process/project-root.js";

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function start(args: readonly string[], ...nodeOptions: readonly string[]) {
  const command = [...nodeOptions, join(projectRoot, "dist/matching-engine/cli.js"), ...args];
  const engine = spawn(process.execPath, command, { stdio: ["pipe", "pipe", "pipe"] });
  engine.stdin.on("error", () => undefined); // it may go before it has read everything
  return engine;
}

async function run(args: readonly string[], input: string | Buffer): Promise<Outcome> {
  const engine = start(args);
  engine.stdin.end(input);
  const [output, errors, [code]] = await Promise.all([text(engine.stdout), text(engine.stderr), once(engine, "exit")]);
  return { code: code as number | null, output, errors };
}

describe("npm run engine", () => {
  it("reads orders from stdin and prints JSON lines, the last line without an end included", async () => {
    const { code, output } = await run(
      ["--asset", "KCN-EUR", "--tick", "0.5", "--lot", "1"],
      "SELL KCN-EUR 2 10.5\r\nBUY KCN-EUR 1 11 account=ann\nBOOK",
    );
    expect(code).to.equal(0);
    const events = output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map((event) => event["event"])).to.deep.equal([
      "accepted",
      "accepted",
      "trade",
      "trade",
      "trade",
      "book",
    ]);
    expect(events.at(-1)).to.deep.equal({ event: "book", bids: [], asks: [["10.5", "1"]] });
  });

  it("lives through a megabyte of anything", async () => {
    const junk = Buffer.alloc(1 << 20, 0x41);
    for (let index = 0; index < junk.length; index += 7) junk[index] = (index * 31) & 0xff;
    const { code, output } = await run([], Buffer.concat([junk, Buffer.from("\nHASH\n")]));
    expect(code).to.equal(0);
    expect(JSON.parse(output.trimEnd().split("\n").at(-1) ?? "")).to.have.property("hash");
  });

  it("answers what is short to ask and long to answer, in bounded memory", async () => {
    const [levels, questions] = [1_000, 4_000]; // 80 MB of answers to 60 kB of lines
    const engine = start([], "--max-old-space-size=48");
    const orders = Array.from({ length: levels }, (_, level) => `BUY BTC-USD 1 ${100 + level}.00`);
    engine.stdin.end([...orders, ...Array<string>(questions).fill("BOOK"), ""].join("\n"));
    let lines = 0;
    engine.stdout.on("data", (bytes: Buffer) => {
      for (const byte of bytes) if (byte === 0x0a) lines++;
    });
    const [code] = await once(engine, "close");
    expect([code, lines]).to.deep.equal([0, levels + questions]);
  });

  it("goes when nobody reads its output any more", async () => {
    const engine = start([]);
    engine.stdout.once("data", () => engine.stdout.destroy());
    engine.stdin.write("HASH\n".repeat(200_000));
    const [code] = await once(engine, "exit");
    expect(code).to.equal(0);
  });

  it("says what is wrong with its options", async () => {
    for (const args of [["--tick", "0"], ["--lot", "1e5"], ["--asset", "two words"], ["--unknown"]]) {
      const { code, output, errors } = await run(args, "");
      expect([code, output], args.join(" ")).to.deep.equal([2, ""]);
      expect(errors).to.match(/^engine: .+\n$/);
    }
  });

  it("says what it can do when it is asked", async () => {
    const { code, output } = await run(["--help"], "");
    expect(code).to.equal(0);
    expect(output).to.match(/^Usage: npm run --silent engine -- [\s\S]*--asset <name>/);
  });
});
