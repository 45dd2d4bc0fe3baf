import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";

const LINES_MAX = 400;
/** Rules that no other tool of `npm run check` knows. */
describe("house rules", () => {
  const sources = ["src", "packages/matching-core/src"]
    .flatMap((folder) => readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
  const text = (file: string) => readFileSync(file, "utf8");
  const offenders = (isOffender: (file: string) => boolean) =>
    sources.filter(isOffender).map((file) => relative(projectRoot, file));

  it("reads the environment in configuration files only", () => {
    const isAllowed = (file: string) => ["config.ts", "settings.ts"].includes(basename(file));
    expect(offenders((file) => !isAllowed(file) && text(file).includes("process.env"))).to.deep.equal([]);
  });

  it("gives every file a name that says what is in it", () => {
    expect(offenders((file) => /(^|[/-])(utils?|helpers?|lib|common|misc)([./-]|$)/.test(file))).to.deep.equal([]);
  });

  it(`splits files before they reach ${LINES_MAX} lines`, () => {
    expect(offenders((file) => text(file).split("\n").length > LINES_MAX)).to.deep.equal([]);
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
    const given: Record<string, string> = { NATS_URL: "nats://nats", DATABASE_URL: "postgres://postgres" };
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
