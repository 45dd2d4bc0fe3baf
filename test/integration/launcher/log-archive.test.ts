import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { archiveCommand, archivingFile } from "../../../src/launcher/log-archive.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const FILE = "00000001000000000000000A";

describe("the archive of Postgres's log", () => {
  let home: string;
  let archive: string;

  beforeEach(() => {
    home = temporaryFolder();
    archive = join(home, "it's 100% there");
    mkdirSync(join(home, "cluster", "pg_wal"), { recursive: true });
  });

  /** As Postgres does it; returns whether it may forget the file. */
  function archives(content: string): boolean {
    writeFileSync(join(home, "cluster", "pg_wal", FILE), content);
    const command = archiveCommand(archive)
      .replaceAll("%p", `pg_wal/${FILE}`)
      .replaceAll("%f", FILE)
      .replaceAll("%%", "%");
    return spawnSync("/bin/sh", ["-c", command], { cwd: join(home, "cluster") }).status === 0;
  }

  const archived = () => (existsSync(join(archive, FILE)) ? readFileSync(join(archive, FILE), "utf8") : null);

  it("takes nothing before there is a backup, and then every file", () => {
    mkdirSync(archive);
    expect([archives("one"), archived()]).to.deep.equal([true, null]);
    writeFileSync(archivingFile(home), "");
    expect([archives("one"), archived()]).to.deep.equal([true, "one"]);
    expect([archives("one"), archived()]).to.deep.equal([true, "one"]);
  });

  it("fails, and so is tried again, where its folder is not there, or has another file of that name", () => {
    writeFileSync(archivingFile(home), "");
    expect(archives("one")).to.equal(false);
    mkdirSync(archive);
    writeFileSync(join(archive, FILE), "another");
    expect([archives("one"), archived()]).to.deep.equal([false, "another"]);
  });

  it("does not take what was left of a copy that was broken off", () => {
    writeFileSync(archivingFile(home), "");
    mkdirSync(archive);
    writeFileSync(join(archive, `${FILE}.part`), "half of something longer");
    expect([archives("one"), archived()]).to.deep.equal([true, "one"]);
  });
});
