import { readFileSync } from "node:fs";
import { expect } from "chai";
import { REASONS } from "../../../../src/shared/domain/messages.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";

describe("the reasons of reports", () => {
  it("are those of the table of docs/protocol.md, each once", () => {
    const page = readFileSync(`${projectRoot}docs/protocol.md`, "utf8");
    const section = /^### Reasons$(.*?)^[^|\n]/ms.exec(page)?.[1] ?? "";
    const documented = [...section.matchAll(/^\| ((?:`[a-z_]+` ?)+)\|/gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name),
    );
    expect(documented.sort()).to.deep.equal([...REASONS].sort());
  });
});
