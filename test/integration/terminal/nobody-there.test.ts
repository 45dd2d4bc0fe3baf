import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { until } from "../../support/eventually.js";
import { ownPorts } from "../../support/own-ports.js";

describe("npm run watch, where nothing runs", () => {
  it("says after a while what may be wrong, and ends when it is told to", async () => {
    const env = { ...process.env, ...(await ownPorts()), DATA_DIR: join(tmpdir(), "bourse-nobody-there") };
    const program = spawn(process.execPath, [join(projectRoot, "dist", "terminal", "main.js"), "BTC-USD"], { env });
    const ended = once(program, "exit");
    let said = "";
    program.stderr.on("data", (bytes: Buffer) => {
      said += bytes;
    });
    try {
      await until("a hint", () => said.includes("is npm start running"));
      expect(said).to.match(/^connecting to http:\/\/127\.0\.0\.1:\d+; Ctrl-C ends\nnobody answers yet/);
    } finally {
      program.kill("SIGTERM");
    }
    expect((await ended)[0]).to.equal(0);
  });
});
