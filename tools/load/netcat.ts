import { spawn, spawnSync } from "node:child_process";
import { connect } from "node:net";
import type { Target } from "./target.js";

export interface NetcatOutcome {
  /** From the first byte sent to the last answer received. */
  readonly elapsedMs: number;
  readonly answered: number;
  /** Every answer is the one to its own line: order ids of an asset rise, and nothing else came between. */
  readonly isInOrder: boolean;
  readonly by: "nc" | "a socket";
}

const TIMEOUT_MS = 60_000;
const MID_TICKS = 6_400_000;

/** Pipes text orders through one connection, as `nc` does with a file, and waits for all answers. */
export async function pipeThroughNetcat({ orderHandler }: Target, orders: number): Promise<NetcatOutcome> {
  const lines = ["LOGIN random1 random1"];
  // Far below the market, so that they rest: the figure is about the one connection, not about trading.
  for (let i = 0; i < orders; i++) lines.push(`BUY BTC-USD 0.0001 ${((MID_TICKS / 2 - (i % 500)) / 100).toFixed(2)}`);
  const input = `${lines.join("\n")}\nQUIT\n`;
  const hasNetcat = spawnSync("nc", ["-h"]).error === undefined;
  const startedMs = performance.now();
  const output = hasNetcat ? await throughNetcat(orderHandler, input) : await throughSocket(orderHandler, input);
  const elapsedMs = performance.now() - startedMs;
  const answers = output.trimEnd().split("\n").slice(1, -1);
  const ids = answers.map((line) => Number(/^ACK (\d+) BTC-USD$/.exec(line)?.[1]));
  const isInOrder = ids.every((id, i) => id > (ids[i - 1] ?? 0));
  return { elapsedMs, answered: answers.length, isInOrder, by: hasNetcat ? "nc" : "a socket" };
}

function throughNetcat({ host, port }: Target["orderHandler"], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("nc", [host, String(port)], { timeout: TIMEOUT_MS, stdio: ["pipe", "pipe", "inherit"] });
    const chunks: Buffer[] = [];
    child.once("error", reject);
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    child.stdin.on("error", reject);
    child.stdin.end(input);
  });
}

function throughSocket({ host, port }: Target["orderHandler"], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const chunks: Buffer[] = [];
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("the order-handler stopped answering")));
    socket.once("error", reject);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    socket.end(input);
  });
}
