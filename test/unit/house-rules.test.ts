import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";

const LINES_MAX = 300;
/** The words with which the head of a longer file begins its reason. */
const REASON = /\bin one file because\b/;
const HEAD_LINES = 12;
/** So many lines that stand elsewhere, too, are a repeat. */
const REPEAT_LINES = 6;

/** Rules that no other tool of `npm run check` knows. */
describe("house rules", () => {
  const sourcesOf = (...folders: string[]) =>
    folders
      .flatMap((folder) => readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && /\.(tsx?|mjs|cjs)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  const sources = sourcesOf("src", "packages/matching-core/src");
  const text = (file: string) => readFileSync(file, "utf8");
  const offenders = (isOffender: (file: string) => boolean) =>
    sources.filter(isOffender).map((file) => relative(projectRoot, file));

  it("reads the environment in configuration files only", () => {
    const isAllowed = (file: string) => ["config.ts", "settings.ts"].includes(basename(file));
    expect(offenders((file) => !isAllowed(file) && text(file).includes("process.env"))).to.deep.equal([]);
  });

  it("asks the system what time it is in one file only", () => {
    const isAllowed = (file: string) => file.endsWith("src/shared/process/clock.ts");
    const asks = /\bDate\.now\b|\bnew Date\(\)|\btimeOrigin\b/;
    expect(offenders((file) => !isAllowed(file) && asks.test(text(file)))).to.deep.equal([]);
  });

  it("gives every file a name that says what is in it", () => {
    expect(offenders((file) => /(^|[/-])(utils?|helpers?|lib|common|misc)([./-]|$)/.test(file))).to.deep.equal([]);
  });

  it(`splits files before they pass ${LINES_MAX} lines, or says in their head why they stay in one`, () => {
    const isLong = (file: string) => {
      const lines = text(file).trimEnd().split("\n");
      return lines.length > LINES_MAX && !REASON.test(lines.slice(0, HEAD_LINES).join("\n"));
    };
    const long = [...sources, ...sourcesOf("tools", "bench", "test/support", "web")].filter(isLong);
    expect(long.map((file) => relative(projectRoot, file))).to.deep.equal([]);
  });

  it(`writes no ${REPEAT_LINES} lines twice`, () => {
    const files = sourcesOf(
      "src",
      "packages/matching-core/src",
      "packages/matching-core/test",
      "tools",
      "bench",
      "test",
      "web",
    );
    const places = new Map<string, string>();
    const repeats: string[] = [];
    for (const file of files) {
      const lines = linesOfCode(text(file));
      lines.slice(REPEAT_LINES - 1).forEach(({ number }, at) => {
        const run = lines.slice(at, at + REPEAT_LINES).map(({ line }) => line);
        const place = `${relative(projectRoot, file)}, up to line ${number}`;
        const first = places.get(run.join("\n"));
        if (first === undefined) places.set(run.join("\n"), place);
        // Names of fields in the same order: two lists of what the type holds.
        else if (!run.every((line) => /^\w+,$/.test(line))) repeats.push(`${first} ~ ${place}`);
      });
    }
    expect(repeats).to.deep.equal([], "one piece of code can serve both");
  });

  /** Without imports, comments, lone punctuation, and declarations that give no value. */
  function linesOfCode(source: string): { readonly line: string; readonly number: number }[] {
    const blanked = source.replace(/^(import|export) [^;]*? from "[^"]*";|\/\*.*?\*\//gms, (part) =>
      part.replace(/[^\n]/g, ""),
    );
    const lines = blanked.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
    return lines.filter(({ line }) => /\w/.test(line) && !/^\/\/|^(let|readonly) [#\w?]+: [^=]*;$/.test(line));
  }

  it("numbers the migrations from 1 on, each number once: two branches may each have added one", () => {
    const numbers = readdirSync(join(projectRoot, "sql")).map((file) => Number.parseInt(file, 10));
    expect(numbers.sort((a, b) => a - b)).to.deep.equal(numbers.map((_, index) => index + 1));
  });

  it("lists every environment variable in .env.example", async () => {
    const read = await variablesThatAreRead();
    const listed = [...text(join(projectRoot, ".env.example")).matchAll(/^# ?([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(read).to.include.members(["NATS_URL", "ORDER_HANDLER_PORT", "NOTIFIER_PORT", "LOG_LEVEL"]);
    expect(read.filter((name) => !listed.includes(name))).to.deep.equal([], "read, but not listed");
    expect(listed.filter((name) => !read.includes(name as string))).to.deep.equal([], "listed, but not read");
  });

  /** Reads every service's configuration from an environment that notes what it is asked for. */
  async function variablesThatAreRead(): Promise<string[]> {
    const files = sources.filter((file) => /src\/(?!shared)[^/]+\/config\.ts$/.test(file));
    const modules = await Promise.all(files.map((file) => import(file)));
    const asked = new Set<string>();
    const given: Record<string, string> = {
      NATS_URL: "nats://nats",
      DATABASE_URL: "postgres://postgres",
      OTLP_URL: "http://collector",
    };
    const real = process.env;
    process.env = new Proxy(given, {
      get(_, name) {
        if (/^[A-Z_]+$/.test(String(name)) && name !== "PATH") asked.add(String(name));
        return given[String(name)];
      },
    });
    try {
      for (const exported of modules.flatMap(Object.values)) if (typeof exported === "function") exported();
    } finally {
      process.env = real;
    }
    return [...asked];
  }
});
