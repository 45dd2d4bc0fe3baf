import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Backup, Catalog } from "../../../src/backup/catalog.js";
import { chooseBackup } from "../../../src/backup/restore.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const timeOf = (hour: number) => `2026-11-29T${hour}:00:00.000Z`;

/** One that begins with the given file of the log. */
function backupAt(hour: number, place: string): Backup {
  const cluster = {
    timeline: 1,
    firstLogFile: `00000001${place}`,
    endsAt: "0/0",
    bytes: 1,
    folders: [],
    filesSha256: "",
  };
  const startedAt = timeOf(hour);
  return {
    version: 1,
    id: startedAt.replaceAll(":", "-"),
    startedAt,
    finishedAt: startedAt,
    cluster,
    processed: {},
    engines: [],
  };
}

describe("the catalog of backups", () => {
  let catalog: Catalog;

  beforeEach(() => {
    catalog = new Catalog(temporaryFolder());
  });

  function add(backup: Backup): void {
    mkdirSync(catalog.draftFolder(backup.id));
    catalog.add(backup);
  }

  it("lists those that are whole, the oldest first, and forgets what was broken off", () => {
    const [early, late] = [backupAt(10, "0".repeat(16)), backupAt(12, "0".repeat(16))];
    mkdirSync(catalog.draftFolder(early.id));
    expect(catalog.list()).to.deep.equal([]);
    add(late);
    add(early);
    expect(catalog.list()).to.deep.equal([early, late]);
    expect(readdirSync(catalog.folder)).to.have.lengthOf(2);
  });

  it("keeps the newest ones, and of the log what these need, on whatever timeline", () => {
    const log = join(catalog.folder, "log");
    mkdirSync(log);
    const place = (number: number) => number.toString(16).toUpperCase().padStart(16, "0");
    const files = [
      `00000001${place(2)}`,
      `00000001${place(3)}`,
      `00000002${place(3)}`,
      `00000002${place(4)}`,
      "00000002.history",
    ];
    for (const file of files) writeFileSync(join(log, file), "");
    for (const [hour, number] of [
      [10, 2],
      [11, 3],
      [12, 4],
    ] as const)
      add(backupAt(hour, place(number)));
    expect(catalog.prune(2, log).map(({ startedAt }) => startedAt)).to.deep.equal([timeOf(10)]);
    expect(readdirSync(log).sort()).to.deep.equal(files.slice(1).sort());
    expect(catalog.list()).to.have.lengthOf(2);
    expect(catalog.prune(5, log)).to.deep.equal([]);
    expect(existsSync(join(log, files[1] as string))).to.equal(true);
  });

  it("has for a moment the newest that is older and leads there, or says how far back one can go", () => {
    const backups = [backupAt(10, ""), backupAt(11, ""), backupAt(12, "")];
    const choose = (hour: number | null, leads = (_: Backup) => true) =>
      chooseBackup(backups, hour === null ? null : new Date(timeOf(hour)), leads).startedAt;
    expect([choose(11), choose(13), choose(null)]).to.deep.equal([timeOf(11), timeOf(12), timeOf(12)]);
    expect(choose(13, (backup) => backup !== backups[2])).to.equal(timeOf(11));
    expect(() => choose(9)).to.throw(`the earliest moment is ${timeOf(10)}`);
    expect(() => choose(13, () => false)).to.throw(/no backup that leads to that moment/);
  });

  it("remembers the ways back that were gone", () => {
    expect(catalog.waysBack()).to.deep.equal([]);
    const goneBack = { at: timeOf(13), to: timeOf(11), timeline: 2 };
    catalog.addWayBack(goneBack);
    expect(catalog.waysBack()).to.deep.equal([goneBack]);
  });
});
