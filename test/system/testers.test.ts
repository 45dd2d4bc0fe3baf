import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { patience, slowness } from "../support/machine.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const FOLDER = join(projectRoot, "examples", "scripts");
const EXAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

interface Ended {
  readonly code: number;
  readonly printed: string;
}

let bourse: BourseUnderTest;

/** A tool of `tools/`, for the pipeline under test. */
async function runTool(
  tool: "script" | "load",
  args: readonly string[],
  input = "",
  env = process.env,
): Promise<Ended> {
  const program = ["--import", "tsx", join(projectRoot, "tools", tool, "main.ts"), "--data-dir", bourse.dataFolder];
  const child = spawn(process.execPath, [...program, ...args], { cwd: projectRoot, env });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (printed += text));
  child.stdin.end(input);
  const [code] = await once(child, "close");
  return { code, printed };
}

describe("what testers run", () => {
  before(async function () {
    this.timeout(120_000);
    bourse = await BourseUnderTest.start({ ASSETS_FILE: join(FOLDER, "assets.json") });
  });
  after(() => bourse.end());

  describe("npm run script", function () {
    this.timeout(180_000);

    const run = (args: readonly string[], input = "", patienceFactor = Math.ceil(slowness())): Promise<Ended> =>
      runTool("script", ["--patience", String(patienceFactor), ...args], input);
    const scriptOf = (...lines: string[]): string => {
      const file = join(temporaryFolder(), "script.txt");
      writeFileSync(file, `${lines.join("\n")}\n`);
      return file;
    };

    it("finds that every example goes as it says", async () => {
      const { code, printed } = await run(
        EXAMPLES.map((name) => join(FOLDER, name)),
        "",
        20, // what is to come is waited for no longer than it takes
      );
      expect(printed.match(/^FAIL.*$/gm) ?? []).to.deep.equal([]);
      expect(printed).to.include(`${EXAMPLES.length} scripts, all ok`);
      expect(code).to.equal(0);
    });

    it("takes the lines that README.md pipes into netcat, in a file and from the standard input", async () => {
      const lines = readFileSync(join(projectRoot, "README.md"), "utf8").match(/^printf '.*' \| nc .*$/gm) ?? [];
      expect(lines).to.have.length(2);
      expect(await run([scriptOf(...lines)])).to.include({ code: 0 });
      const piped = lines.map((line) => line.replace(/^printf '(.*)' \|.*$/, "$1").replaceAll("\\n", "\n")).join("");
      const { code, printed } = await run(["--show", "-"], piped);
      expect(code).to.equal(0);
      expect(printed).to.match(
        /^> LOGIN random1 \*+\n< OK LOGIN random1\n> SELL BTC-USD 0\.5 64000\n< ACK \d+ BTC-USD\n/,
      );
    });

    it("names the line that went otherwise, and what came instead", async () => {
      const otherwise: [string[], RegExp][] = [
        [
          ["AS random32", "BUY BTC-USD 0.1 60000", "EXPECT FILLED 200ms"],
          /:3: EXPECT FILLED 200ms: order \d+ of BTC-USD: accepted \(open\)/,
        ],
        [["AS random32", "BUY BTC-USD 0.1 60000.001"], /:2: to BUY BTC-USD 0\.1 60000\.001 came REJ 205 INVALID_PRICE/],
        [["AS random32", "PING", "EXPECT REJ 205"], /:3: EXPECT REJ 205: to PING came OK PING/],
        [["AS random32", "CANCEL BTC-USD -1"], /:2: CANCEL BTC-USD -1: there is no such order; random32 has placed 0/],
        [
          ["AS random32", "BUY BTC-USD 0.1 60000", "EXPECT NO OPEN 1s"],
          /:3: EXPECT NO OPEN 1s: order \d+ of BTC-USD: accepted \(open\)/,
        ],
        [["AS nobody wrong"], /:1: AS nobody: to LOGIN nobody \*+ came REJ 101/],
        [["AS random32", "QUIT", "PING"], /:3: PING: the session has ended; LOGIN, or AS <account>/],
        [["AS random32", "EXPECT CLOSED 100ms"], /:2: EXPECT CLOSED 100ms: the connection is still open/],
        [
          ["RATE 1000/s", "AS random32", "REPEAT 50", "BUY BTC-USD 0.1 1.001"],
          /:4: to BUY BTC-USD 0\.1 1\.001 came REJ 205/,
        ],
      ];
      const { code, printed } = await run(otherwise.map(([lines]) => scriptOf(...lines)));
      const lines = printed.split("\n");
      for (const [at, [, message]] of otherwise.entries()) expect(lines[at]).to.match(message);
      expect(lines[otherwise.length]).to.match(/^9 scripts, 9 FAILED: /);
      expect(code).to.equal(1);
    });

    it("sends nothing of scripts of which one can't be read", async () => {
      const { code, printed } = await run([scriptOf("AS random1", "PING"), scriptOf("AS random1", "EXPECT FILED")]);
      expect(printed).to.match(/^script: \S+:2: EXPECT FILED: it is not known; known are .*\n$/);
      expect(code).to.equal(2);
      expect((await run([join(FOLDER, "missing.txt")])).printed).to.match(
        /^script: \S+missing\.txt can't be read: ENOENT\n$/,
      );
    });
  });

  describe("npm run load", function () {
    this.timeout(120_000);
    const short = ["--rate", "60", "--seconds", "2", "--warmup", "1", "--ramp", "20", "--burst", "5"];

    it("sends every kind of command as many accounts, and leaves its figures and a picture", async () => {
      const out = temporaryFolder();
      const objectives = ["--ack-p99-ms", String(patience(5_000)), "--report-p99-ms", String(patience(10_000))];
      const many = ["--mix", "all", "--accounts", "8", "--connections", "16", "--assets", "BTC-USD,ETH-USD"];
      const { code, printed } = await runTool("load", [...short, ...many, ...objectives, "--out", out]);
      expect(printed).to.match(
        /^20 to 60 orders\/s for 2 s, 5 at once, mix all, 16 connections of 8 accounts, 2 assets/m,
      );
      expect(printed).to.match(/^1 s · sent \d+\/s · ACK /m);
      expect(printed)
        .to.match(/^ {2}met {4}ack-p99-ms: /m)
        .and.include("every promise kept");
      expect(code).to.equal(0);
      const files = ["ack.hgrm", "latency.html", "lateness.hgrm", "report.hgrm", "result.json"];
      expect(readdirSync(out).sort()).to.deep.equal(files);
      expect(JSON.parse(readFileSync(join(out, "result.json"), "utf8"))).to.include({
        acknowledged: 100,
        accounts: 8,
        mix: "all",
      });
      const compared = await runTool("load", [
        "--compare",
        join(out, "result.json"),
        join(out, "result.json"),
        "--out",
        out,
      ]);
      expect(compared.printed).to.match(/order → ACK, p99 .*\| \+0 % /);
      expect([compared.code, readdirSync(out).length]).to.deep.equal([0, files.length + 1]);
    });

    it("exits with 1 where an objective is missed, and finds that no rate meets it", async () => {
      const { code, printed } = await runTool("load", [...short, "--ack-p50-ms", "0.001"]);
      expect(printed).to.match(/^ {2}MISSED ack-p50-ms: [\d.]+ ms, wanted 0\.00 ms$/m);
      expect(code).to.equal(1);
      const search = [
        "--find-limit",
        "--rate",
        "20",
        "--seconds",
        "1",
        "--warmup",
        "0",
        "--ack-p50-ms",
        "0.001",
        "--json",
      ];
      const found = await runTool("load", search);
      expect(found.printed).to.match(
        /^\{"limitPerSecond":null,"probes":\[(\{"ratePerSecond":20,"isMet":false\},){2}\{"ratePerSecond":10,/m,
      );
      expect(found.code).to.equal(1);
    });

    it("makes no accounts for production, and sends nothing to another machine", async () => {
      const production = { ...process.env, NODE_ENV: "production" };
      const refused = [
        await runTool("load", ["--accounts", "4"], "", production),
        await runTool("load", ["--host", "192.0.2.1"]),
        await runTool("load", ["--accounts", "100"]),
      ];
      expect(refused.map(({ code }) => code)).to.deep.equal([1, 1, 2]);
      expect(refused[0]?.printed).to.match(/^load: NODE_ENV is production: accounts whose secret everybody knows/);
      expect(refused[1]?.printed).to.match(/^load: 192\.0\.2\.1 is not this machine: .* unless you say --allow-remote/);
      expect(refused[2]?.printed).to.match(/^load: 100 accounts need a session each: --connections 100/);
    });
  });
});

describe("the examples of scripts", () => {
  const text = EXAMPLES.map((name) => readFileSync(join(FOLDER, name), "utf8")).join("\n");
  const protocol = readFileSync(join(projectRoot, "docs", "protocol.md"), "utf8");
  const section = (from: string, to: string) => protocol.slice(protocol.indexOf(from), protocol.indexOf(to));

  it("use every option of orders that docs/protocol.md has, with each of its values", () => {
    const rows = [...section("## 4. Orders", "### Funds").matchAll(/^\| `(\w+=)[^|]*\|[^|]*\|([^|]*)\|$/gm)];
    expect(rows).to.have.length.above(8);
    for (const [, option = "", meaning = ""] of rows) {
      const values = option === "tif=" || option === "stp=" ? [...meaning.matchAll(/`(GTC|IOC|FOK|GTD|[a-z]+)`/g)] : [];
      const meant = values.map(([, value]) => value).filter((value) => value !== "newest"); // without a word, it is that
      for (const value of meant.length > 0 ? meant : [""]) expect(text, option).to.include(` ${option}${value}`);
    }
  });

  it("expect every code that is about a request's content, and every event of reports", () => {
    const codes = /^\| (2\d\d) \| `(\w+)` \|(?!.*\(over HTTP)/gm; // a script is lines of the text dialect
    const rows = [...section("## 5. Reject codes", "## 6.").matchAll(codes)];
    expect(rows).to.have.length(10);
    for (const [, code, name] of rows) expect(text).to.match(new RegExp(`^EXPECT REJ (${code}|${name})$`, "m"));
    const [, events = ""] = /^\| `event` \| (.*) \|$/m.exec(protocol) ?? [];
    for (const [, event = ""] of events.matchAll(/`(\w+)`/g))
      expect(text).to.match(new RegExp(`^ *EXPECT ${event.toUpperCase()}\\b`, "m"));
  });
});
