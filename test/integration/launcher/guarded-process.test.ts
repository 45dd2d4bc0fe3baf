import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { startGuarded } from "../../../src/launcher/guarded-process.js";
import { isRunning } from "../../../src/launcher/leftovers.js";
import { eventually, until } from "../../support/eventually.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const MODULE = new URL("../../../src/launcher/guarded-process.ts", import.meta.url).href;
const SAYS_GOODBYE = `trap 'echo goodbye; exit 3' TERM; echo hello; while :; do sleep 0.02; done`;
const IS_DEAF = `trap '' TERM; echo hello; while :; do sleep 0.02; done`;

describe("guarded process", () => {
  let logFile: string;
  beforeEach(() => {
    logFile = join(temporaryFolder(), "log");
  });

  const log = () => readFileSync(logFile, "utf8");
  const start = (script: string) =>
    startGuarded({ file: "/bin/sh", args: ["-c", script], stopSignal: "TERM", logFile });
  const hasStarted = () => until("its first words", () => log().includes("hello"));

  it("ends by itself with its exit code, its words in the log", async () => {
    const server = await start("echo hello; exit 7");
    expect(await server.exited).to.equal("exited with code 7");
    expect(server.isRunning()).to.equal(false);
    expect(log()).to.equal("hello\n");
  });

  it("is asked politely to stop", async () => {
    const server = await start(SAYS_GOODBYE);
    await hasStarted();
    await server.stop(5000);
    expect(await server.exited).to.equal("exited with code 3");
    expect(log()).to.equal("hello\ngoodbye\n");
  });

  it("is ended by force when it does not stop in time", async () => {
    const server = await start(IS_DEAF);
    await hasStarted();
    await server.stop(50);
    expect(await server.exited).to.equal("exited with code 137");
    expect(isRunning(server.pid)).to.equal(false);
  });

  it("goes down with a guard that is killed", async () => {
    const server = await start(IS_DEAF);
    await hasStarted();
    process.kill(parentOf(server.pid), "SIGKILL");
    expect(await server.exited).to.equal("was ended by SIGKILL");
    await eventually("its end", () => (isRunning(server.pid) ? null : true));
  });

  it("says what is wrong with a file that is not there", async () => {
    const server = await startGuarded({ file: "/nowhere/server", args: [], stopSignal: "TERM", logFile });
    expect(await server.exited).to.equal("exited with code 127");
    expect(log()).to.contain("/nowhere/server");
  });

  it("stops when the process that started it is killed", async () => {
    const script = `
      import { startGuarded } from ${JSON.stringify(MODULE)};
      const command = { file: "/bin/sh", args: ["-c", ${JSON.stringify(SAYS_GOODBYE)}], stopSignal: "TERM" };
      const server = await startGuarded({ ...command, logFile: ${JSON.stringify(logFile)} });
      process.stdout.write(String(server.pid));
      setInterval(() => {}, 1000);`;
    const args = ["--import", "tsx", "--input-type=module", "-e", script];
    const launcher = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const [pid] = await once(launcher.stdout, "data");
    await hasStarted();
    launcher.kill("SIGKILL");
    await eventually("the server's end", () => (isRunning(Number(pid)) ? null : true));
    expect(log()).to.equal("hello\ngoodbye\n");
  });
});

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
