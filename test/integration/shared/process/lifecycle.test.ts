import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { projectRoot } from "../../../../src/shared/process/project-root.js";

const lifecycle = pathToFileURL(join(projectRoot, "src", "shared", "process", "lifecycle.ts")).href;

/** A process of two services, the second of which lets an error go. */
const PROGRAM = `import { runService } from ${JSON.stringify(lifecycle)};
  const config = () => ({ logLevel: "info", stopTimeoutMs: 5000, adminHost: "127.0.0.1", adminPort: 0 });
  await runService("order-processing", config, async () => undefined);
  await runService("matching-engine", config, async () => void setImmediate(() => { throw new Error("let go"); }));`;

describe("a process of two services", () => {
  it("stops both after an error that nobody caught, and says of which services it may be", () => {
    const { stdout, status } = spawnSync(process.execPath, ["--import=tsx", "--input-type=module", "-e", PROGRAM], {
      cwd: projectRoot,
      encoding: "utf8",
    });
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.find(({ level }) => level === 60)).to.deep.include({
      of: ["order-processing", "matching-engine"],
      msg: "an error that nobody caught: the process can't go on",
    });
    const stopped = lines.filter(({ msg }) => msg === "stopped").map(({ service }) => service);
    expect({ stopped, status }).to.deep.equal({ stopped: ["order-processing", "matching-engine"], status: 1 });
  });
});
