import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { SmallDisk, smallDiskObstacle } from "../../../tools/chaos/small-disk.js";
import { until } from "../../support/eventually.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("a small disk", () => {
  const obstacle = smallDiskObstacle();
  if (obstacle !== null) {
    console.warn(`not tested here: a small disk, ${obstacle}`);
    return;
  }

  it("is full while somebody writes to it, however fast, and then has space again", async () => {
    const folder = join(temporaryFolder(), "disk");
    const disk = new SmallDisk(folder);
    try {
      const file = join(folder, "file");
      const writer = spawn("dd", ["if=/dev/zero", `of=${file}`, "bs=64k", "count=16384"], { stdio: "ignore" });
      const ended = once(writer, "exit");
      await until("something to be written", () => existsSync(file) && statSync(file).size > 0);
      disk.fill();
      expect(await ended).to.deep.equal([1, null]);
      disk.free();
      const another = spawn("dd", ["if=/dev/zero", `of=${join(folder, "other")}`, "bs=64k", "count=16"], {
        stdio: "ignore",
      });
      expect(await once(another, "exit")).to.deep.equal([0, null]);
    } finally {
      disk.unmount();
    }
  });
});
