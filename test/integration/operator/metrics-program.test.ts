import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("npm run metrics", () => {
  /** A folder with a prometheus and a promtool of this content. */
  function programs(content: string, mode: number): string {
    const folder = temporaryFolder();
    for (const name of ["prometheus", "promtool"]) writeFileSync(join(folder, name), content, { mode });
    return folder;
  }

  function run(folder: string) {
    const environment = {
      ...process.env,
      DATA_DIR: temporaryFolder(),
      NATS_URL: "nats://127.0.0.1:1",
      DATABASE_URL: "postgres://127.0.0.1:1/none",
      PROMETHEUS_FOLDER: folder,
    };
    const main = join(projectRoot, "dist", "operator", "main.js");
    return spawnSync(process.execPath, [main, "metrics"], { env: environment, encoding: "utf8" });
  }

  it("says in a line that the Prometheus it was given may not be executed", () => {
    const folder = programs("#!/bin/sh\n", 0o644);
    const { status, stdout, stderr } = run(folder);
    expect({ status, stdout }).to.deep.equal({ status: 1, stdout: "" });
    expect(stderr).to.equal(
      `metrics: there is no prometheus with its promtool that could be executed in PROMETHEUS_FOLDER=${folder}\n`,
    );
  });

  it("says in a line that the Prometheus it was given can't be executed, and what to do", () => {
    const folder = programs("#!/no/such/interpreter\n", 0o755);
    const { status, stdout, stderr } = run(folder);
    expect({ status, stdout }).to.deep.equal({ status: 1, stdout: "" });
    expect(stderr).to.match(/^metrics: \S+prometheus can't be executed \(ENOENT\); install Prometheus .+\n$/);
  });

  it("says in a line that Prometheus has ended by itself", () => {
    const { status, stderr } = run(programs("#!/bin/sh\necho it is broken >&2\nexit 3\n", 0o755));
    expect(status).to.equal(1);
    expect(stderr).to.equal("it is broken\nmetrics: Prometheus ended by itself (exit code 3); what it says is above\n");
  });
});
