import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fchmodSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { beforeDeadline } from "../shared/process/waits.js";

/**
 * A server of another project that never outlives this process, however this process ends. Between the two is a shell whose
 * standard input is a pipe from here: when the pipe closes (on purpose, or because this process is gone), the shell sends the
 * server its stop signal. Both are in a process group of their own, so Ctrl-C in a terminal does not reach them.
 */
export interface GuardedProcess {
  /** The server's process id, not the shell's. */
  readonly pid: number;
  /** Resolves once the process has ended, with a sentence for people: `exited with code 1`. Never rejects. */
  readonly exited: Promise<string>;
  isRunning(): boolean;
  /** Asks the server to stop, and kills it if it has not by the deadline. */
  stop(deadlineMs: number): Promise<void>;
  /** Sends SIGKILL, which ends it like a crash. */
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
  /** The file that the server's output goes to. */
  readonly logFile: string;
  readonly runAs?: UnixAccount | undefined;
  /** Beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

// The guard's shell script. Background commands of a shell have /dev/null as input, hence the copy of the pipe on 4; they
// ignore SIGINT until they ask for it, hence a stop signal that the server handles. The server's process id is written to
// 3. The shell reaps both of its children; in many containers no other process would. Timers of both may be late by a
// millisecond (Linux): Go's scheduler asks to be woken every 20 µs while there is work, which was a quarter of nats-server's CPU.
const GUARD = `
signal=$1; shift
{ echo 1000000 > /proc/self/timerslack_ns; } 2>/dev/null
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
  fchmodSync(log, 0o600); // a log of an older version may be readable by others
  const variables = Object.entries(command.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  const server = ["env", ...variables, command.file, ...command.args]; // which becomes the server, in the same process
  const shell = spawn("/bin/sh", ["-c", GUARD, "bourse-guard", command.stopSignal, ...server], {
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
      // If only the shell died, its server must not stay behind without a guard.
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

/** Kills a process, or with a negative id a process group. */
function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The last lines of a log, for the message that its writer could not start. */
export function logTail(logFile: string, linesMax = 8): string {
  try {
    return readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-linesMax).join("\n");
  } catch {
    return "";
  }
}
