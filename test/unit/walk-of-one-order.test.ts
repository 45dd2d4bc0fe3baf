import { readFileSync } from "node:fs";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";

const read = (file: string) => readFileSync(`${projectRoot}${file}`, "utf8");

/** `Class.method`, or the name of a function. */
function isDefined(source: string, name: string): boolean {
  const [owner = "", method] = name.split(".");
  if (method === undefined) return new RegExp(`^export (async )?function\\*? ${owner}\\b`, "m").test(source);
  const start = source.search(new RegExp(`^export class ${owner}\\b`, "m"));
  return start >= 0 && new RegExp(`^ {2}(static |async |get )*${method}[(<]`, "m").test(source.slice(start));
}

describe("the walk of one order in docs/arch.md", () => {
  const section = read("docs/arch.md").split("\n## The walk of one order\n")[1]?.split("\n## ")[0] ?? "";
  const steps = [...section.matchAll(/^\| (\d+) \| `(\S+)` \| `(\S+)` \|/gm)];

  it("counts its steps without a gap", () => {
    expect(steps.length).to.be.greaterThan(10);
    expect(steps.map(([, step]) => Number(step))).to.deep.equal(steps.map((_, index) => index + 1));
  });

  for (const [, step, file = "", name = ""] of steps)
    it(`passes ${name} in step ${step}`, () => expect(isDefined(read(file), name)).to.equal(true, `in ${file}`));
});
