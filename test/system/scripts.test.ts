import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { slowness } from "../support/machine.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const FOLDER = join(projectRoot, "examples", "scripts");
const EXAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

describe("npm run script", function () {
  this.timeout(180_000);
  let bourse: BourseUnderTest;

  before(async () => {
    bourse = await BourseUnderTest.start({ ASSETS_FILE: join(FOLDER, "assets.json") });
  });
  after(() => bourse.end());

  async function run(
    args: readonly string[],
    input = "",
  ): Promise<{ readonly code: number; readonly printed: string }> {
    const program = ["--import", "tsx", join(projectRoot, "tools", "script", "main.ts")];
    const patience = ["--patience", String(Math.ceil(slowness()))];
    const child = spawn(process.execPath, [...program, ...patience, "--data-dir", bourse.dataFolder, ...args], {
      cwd: projectRoot,
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (printed += text));
    child.stdin.end(input);
    const [code] = await once(child, "close");
    return { code, printed };
  }
  const scriptOf = (...lines: string[]): string => {
    const file = join(temporaryFolder(), "script.txt");
    writeFileSync(file, `${lines.join("\n")}\n`);
    return file;
  };

  it("finds that every example goes as it says, twice", async () => {
    const files = EXAMPLES.map((name) => join(FOLDER, name));
    for (const _ of [1, 2]) {
      const { code, printed } = await run(files);
      expect(printed.match(/^FAIL.*$/gm) ?? []).to.deep.equal([]);
      expect(printed).to.include(`${EXAMPLES.length} scripts, all ok`);
      expect(code).to.equal(0);
    }
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
    const rows = [...section("## 5. Reject codes", "## 6.").matchAll(/^\| (2\d\d) \| `(\w+)`/gm)];
    expect(rows).to.have.length(10);
    for (const [, code, name] of rows) expect(text).to.match(new RegExp(`^EXPECT REJ (${code}|${name})$`, "m"));
    const [, events = ""] = /^\| `event` \| (.*) \|$/m.exec(protocol) ?? [];
    for (const [, event = ""] of events.matchAll(/`(\w+)`/g))
      expect(text).to.match(new RegExp(`^ *EXPECT ${event.toUpperCase()}\\b`, "m"));
  });
});
