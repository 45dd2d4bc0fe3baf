import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { allChannels, type ChannelParts } from "../../../../src/shared/channels/channels.js";
import { DepthBooks } from "../../../../src/shared/market-data/depth-books.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";

describe("the list of channels", () => {
  const page = readFileSync(join(projectRoot, "docs/protocol.md"), "utf8");
  const books = new DepthBooks([]);
  const channels = allChannels({ assets: new Map(), books, limits: {} } as unknown as ChannelParts);

  it("is that of docs/protocol.md, section 6, with who may subscribe", () => {
    const told = [...page.matchAll(/^\| `(\w+)` \| (all|own account) \| (.*?) \|/gm)];
    const rows = told.map(([, name, who, takes = ""]) => ({
      name,
      isPrivate: who === "own account",
      fields: [...takes.matchAll(/`(\w+)`/g)].map(([, field]) => field).filter((field) => field !== "asset"),
    }));
    expect(channels.map(({ name, isPrivate, fields }) => ({ name, isPrivate, fields }))).to.deep.equal(rows);
  });
});
