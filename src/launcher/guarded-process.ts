import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fchmodSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { beforeDeadline } from "../shared/process/waits.js";

/**
 * A foreign server that does not outlive this process, however this process ends. A shell stands between the two: it
 * holds a pipe from here as its standard input, and when the pipe closes (we closed it, or we are gone) it sends the
 * server its stop signal. Both are in a process group of their own, so Ctrl-C in a terminal does not reach them.
 */
export interface GuardedProcess {
  /** The server's process id, not the shell's. */
  readonly pid: number;
  /** Resolves once the process has ended, with a sentence for people: `exited with code 1`. Never rejects. */
  readonly exited: Promise<string>;
  isRunning(): boolean;
  /** Asks it to stop, and ends it by force when it has not after the deadline. */
  stop(deadlineMs: number): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
}

export interface UnixAccount {
  readonly uid: number;
  readonly gid: number;
}

export interface GuardedCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly stopSignal: "INT" | "TERM" | "QUIT";
  /** Takes what the server prints. */
  readonly logFile: string;
  readonly runAs?: UnixAccount | undefined;
}

// Commands in the background of a shell get /dev/null as input and ignore SIGINT until they ask for it: hence the copy
// of the pipe on 4, and a stop signal that the server is known to handle. The server's process id goes out on 3. The
// shell reaps both of its children; in many containers nobody else would.
const GUARD = `
signal=$1; shift
exec 4<&0
"$@" 3>&- 4<&- </dev/null &
server=$!
{ read -r _ <&4; kill -s "$signal" "$server"; } 2>/dev/null 3>&- &
watcher=$!
echo "$server" >&3; exec 3>&-
wait "$server"; status=$?
kill -9 "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$status"`;

export async function startGuarded(command: GuardedCommand): Promise<GuardedProcess> {
  mkdirSync(dirname(command.logFile), { recursive: true });
  const log = openSync(command.logFile, "a", 0o600);
  fchmodSync(log, 0o600); // an older log may be open to others
  const shell = spawn("/bin/sh", ["-c", GUARD, "bourse-guard", command.stopSignal, command.file, ...command.args], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", log, log, "pipe"],
    ...(command.runAs && { uid: command.runAs.uid, gid: command.runAs.gid }),
  });
  closeSync(log);
  await once(shell, "spawn");
  return guarded(shell, Number(await text(shell.stdio[3] as Readable)));
}

function guarded(shell: ChildProcess, pid: number): GuardedProcess {
  let running = true;
  const exited = new Promise<string>((resolve) => {
    shell.once("exit", (code, signal) => {
      // If it was the shell alone that died, its server must not stay behind without a guard.
      killIfAlive(-(shell.pid as number));
      running = false;
      resolve(signal === null ? `exited with code ${code}` : `was ended by ${signal}`);
    });
  });
  shell.stdin?.on("error", () => {}); // the pipe breaks when the shell dies first; `exited` tells
  const kill = async () => {
    if (running) killIfAlive(pid);
    await exited;
  };
  return {
    pid,
    exited,
    isRunning: () => running,
    kill,
    async stop(deadlineMs) {
      shell.stdin?.destroy();
      await beforeDeadline(exited, deadlineMs).catch(() => undefined);
      await kill();
    },
  };
}

/** A negative id is a process group's. */
function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The end of a log, for the message that says why its writer could not start. */
export function logTail(logFile: string, linesMax = 8): string {
  try {
    return readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-linesMax).join("\n");
  } catch {
    return "";
  }
}
