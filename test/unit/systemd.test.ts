import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { SERVICES } from "../../src/shared/process/services.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const FOLDER = join(projectRoot, "config", "systemd");
const TEMPLATE = "bourse@.service";
/** Of `systemd-analyze security`, from 0 (nothing is open) to 10. */
const EXPOSURE_MAX_TENTHS = 20;

describe("the units of systemd", function () {
  this.timeout(20_000);

  it("are as systemd's own tool wants them, and closed but for what a service needs", function () {
    const analyze = (...args: string[]) => spawnSync("systemd-analyze", args, { encoding: "utf8", env: environment });
    const folder = temporaryFolder();
    const environment = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:`, SYSTEMD_COLORS: "0" };
    if (analyze("--version").error !== undefined) {
      console.warn("not tested here: the units of systemd, there is no systemd-analyze");
      return this.skip();
    }
    cpSync(FOLDER, folder, { recursive: true });
    const unit = readFileSync(join(FOLDER, TEMPLATE), "utf8").replace("/usr/bin/node", process.execPath);
    for (const service of SERVICES) writeFileSync(join(folder, `bourse@${service}-1.service`), unit);
    const units = readdirSync(folder).filter((name) => /\.(service|socket|target)$/.test(name) && name !== TEMPLATE);
    expect(analyze("verify", "--man=no", ...units)).to.include({ status: 0, stderr: "" });
    const { status, stdout } = analyze(
      "security",
      "--offline=yes",
      `--threshold=${EXPOSURE_MAX_TENTHS}`,
      join(folder, "bourse@order-processing-1.service"),
    );
    expect(status, stdout).to.equal(0);
  });
});
