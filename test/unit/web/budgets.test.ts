import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { projectRoot } from "../../../src/shared/process/project-root.js";

const FOLDER = join(projectRoot, "dist", "web");
const KIB = 1_024;

describe("the page's files, gzipped", () => {
  const bytesOf = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + gzipSync(readFileSync(join(FOLDER, name)), { level: 9 }).length, 0);
  const index = readFileSync(join(FOLDER, "index.html"), "utf8");
  const names = readdirSync(FOLDER).filter((name) => /\.(js|css|html|svg)$/.test(name));
  const scripts = names.filter((name) => name.endsWith(".js"));
  const initial = scripts.filter((name) => index.includes(`/${name}"`));
  const desk = scripts.filter((name) => name.startsWith("desk-panels-"));
  const chart = scripts.filter((name) => name.startsWith("candle-chart-"));

  it("are a start of 40 KiB at most, a chart of 65, a desk of 30, and 150 in all", () => {
    expect(initial).to.have.length.above(0);
    expect(chart).to.have.length(1);
    expect(desk).to.have.length(1);
    expect(bytesOf(initial)).to.be.below(40 * KIB);
    expect(bytesOf(chart)).to.be.below(65 * KIB);
    expect(bytesOf(desk)).to.be.below(30 * KIB);
    expect(bytesOf(names)).to.be.below(150 * KIB);
  });

  it("are named for their content, but for the page itself, which names all that its start needs", () => {
    expect(names.filter((name) => !/-[A-Z0-9]{8}\.\w+$/.test(name))).to.deep.equal(["index.html"]);
    const imported = initial.flatMap((name) =>
      [...readFileSync(join(FOLDER, name), "utf8").matchAll(/from"\.\/([^"]+)"/g)].map(([, other]) => other),
    );
    expect(initial).to.include.members(imported);
  });
});
