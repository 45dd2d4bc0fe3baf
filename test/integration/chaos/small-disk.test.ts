import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { SmallDisk, smallDiskObstacle } from "../../../tools/chaos/small-disk.js";
import { until } from "../../support/eventually.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const FULL = 3;
const WRITER = `
  const file = require("node:fs").openSync(process.argv[1], "w");
  setInterval(() => {
    try {
      require("node:fs").writeSync(file, Buffer.alloc(262_144));
    } catch ({ code }) {
      process.exit(code === "ENOSPC" ? ${FULL} : 1);
    }
  }, 1);`;

describe("a small disk", () => {
  const obstacle = smallDiskObstacle();
  if (obstacle !== null) {
    console.warn(`not tested here: a small disk, ${obstacle}`);
    return;
  }

  it("is full while somebody writes to it, however fast, and then has space again", async () => {
    const folder = join(temporaryFolder(), "disk");
    const file = join(folder, "file");
    const disk = new SmallDisk(folder);
    const writer = spawn(process.execPath, ["--eval", WRITER, file], { stdio: "ignore" });
    try {
      const ended = once(writer, "exit");
      await until("something to be written", () => existsSync(file) && statSync(file).size > 0);
      disk.fill();
      expect(await ended).to.deep.equal([FULL, null]);
      disk.free();
      writeFileSync(join(folder, "other"), Buffer.alloc(2 ** 20));
    } finally {
      writer.kill("SIGKILL");
      disk.unmount();
    }
  });
});
