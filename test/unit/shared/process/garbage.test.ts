import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../../../src/shared/process/project-root.js";

describe("collecting garbage sooner", () => {
  it("sets an option that this V8 knows: it says nothing of one that it doesn't", () => {
    const source = readFileSync(join(projectRoot, "src", "shared", "process", "garbage.ts"), "utf8");
    const [, option = ""] = source.match(/`(--[a-z-]+)=/) ?? [];
    const { stdout } = spawnSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
    expect(stdout).to.contain(`  ${option} `);
  });
});
