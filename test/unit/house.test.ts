import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";

const PAGE = "docs/house.md";

interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string };
  readonly to: { readonly pathNot?: string };
}

describe(PAGE, () => {
  const text = (file: string) => readFileSync(join(projectRoot, file), "utf8");
  /** | `room` | purpose | what it uses | */
  const rows = [...text(PAGE).matchAll(/^\| `([^`]+)` \| (.+?) \|(?: ([^|]+) \|)?$/gm)];
  const rooms = new Map(rows.map(([, room, purpose, uses]) => [room as string, { purpose: purpose as string, uses }]));

  it("names every folder of the tree", () => {
    const folders = (folder: string): string[] =>
      readdirSync(join(projectRoot, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .flatMap(({ name }) => [`${folder}/${name}`, ...folders(`${folder}/${name}`)]);
    const named = [...rooms.keys()].filter((room) => room.startsWith("src/"));
    expect(named).to.have.members(folders("src").filter((folder) => folder !== "src/shared"));
    expect([...rooms.keys()].filter((room) => !existsSync(join(projectRoot, room)))).to.deep.equal([]);
  });

  it("says of each room what its README.md says, which also says what does not belong there", () => {
    for (const [room, { purpose }] of rooms) {
      if (!room.startsWith("src/")) continue;
      const [title, opening, notHere] = text(`${room}/README.md`).split("\n\n");
      expect(title).to.equal(`# ${room.slice("src/".length)}`);
      expect(opening?.replaceAll("\n", " "), room).to.equal(purpose);
      expect(notHere, room).to.match(/^Not here: /);
    }
  });

  it("draws the arrows that .dependency-cruiser.cjs checks", () => {
    const { forbidden } = createRequire(import.meta.url)(join(projectRoot, ".dependency-cruiser.cjs"));
    const checked = (forbidden as Rule[])
      .filter(({ name }) => name.startsWith("room-"))
      .map(({ name, to }) => {
        const room = name.slice("room-".length);
        const used = /\(([^)]*)\)/.exec(to.pathNot ?? "")?.[1]?.split("|") ?? [];
        return [`src/shared/${room}`, used.filter((other) => other !== room).join(", ") || "nothing"];
      });
    const drawn = [...rooms].flatMap(([room, { uses }]) => (uses === undefined ? [] : [[room, uses]]));
    expect(drawn).to.have.deep.members(checked);
  });
});

describe("docs/contributing.md", () => {
  it("names files and folders that are there", () => {
    const page = readFileSync(join(projectRoot, "docs/contributing.md"), "utf8");
    const named = [...page.matchAll(/`((?:src|packages|protocol|sql|test|tools|docs)\/[^`\s…]*)`/g)].map(
      ([, path]) => path,
    );
    expect(named).to.have.length.above(40);
    expect(named.filter((path) => !existsSync(join(projectRoot, path as string)))).to.deep.equal([]);
  });
});
