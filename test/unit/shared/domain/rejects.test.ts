import { readFileSync } from "node:fs";
import { expect } from "chai";
import { REJECTS } from "../../../../src/shared/domain/rejects.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";

describe("the catalogue of reject codes", () => {
  it("is the list of docs/protocol.md, in the same order", () => {
    const page = readFileSync(`${projectRoot}docs/protocol.md`, "utf8");
    const documented = [...page.matchAll(/^\| (\d{3}) \| `([A-Z_]+)` \|/gm)].map(([, code, name]) => `${code} ${name}`);
    expect(documented).to.deep.equal(Object.entries(REJECTS).map(([name, { code }]) => `${code} ${name}`));
  });

  it("gives every refusal a number of its own", () => {
    const codes = Object.values(REJECTS).map(({ code }) => code);
    expect(new Set(codes).size).to.equal(codes.length);
  });
});
