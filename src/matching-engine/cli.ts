/** The engine alone on the command line: text requests on stdin, JSON lines on stdout. */

import { Worker } from "node:worker_threads";
import { commandLine } from "../shared/process/options.js";
import { Bell } from "../shared/process/waits.js";
import type { WriterMessage } from "./answer-writer.js";
import { inlineMore } from "./inlining.js";
import { LineSplitter } from "./line-splitter.js";
import { LINE_LENGTH_MAX, TextEngine, type TextEngineOptions } from "./text-engine.js";

function engineOptions(): TextEngineOptions {
  const options = commandLine("--silent engine", "The engine alone: text requests on stdin, JSON lines on stdout.")
    .option("--asset <name>", "what is traded", "BTC-USD")
    .option("--tick <size>", "the step of its prices", "0.01")
    .option("--lot <size>", "the step of its quantities", "0.0001")
    .option("--allow-self-trade", "an account's orders trade with one another")
    .parse()
    .opts();
  const { asset, tick: tickSize, lot: lotSize, allowSelfTrade = false } = options;
  if (!/^[\x21-\x3c\x3e-\x7e]{1,32}$/.test(asset)) throw new RangeError(`asset "${asset}" is not a name`);
  return { asset, tickSize, lotSize, allowSelfTrade };
}

/** Reads the options. Wrong ones end the process with a message that says how to put them right. */
function start(): { engine: TextEngine; options: TextEngineOptions } {
  try {
    const options = engineOptions();
    return { engine: new TextEngine(options), options };
  } catch (error) {
    console.error(`engine: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  }
}

/** Answers in one message to the writer thread, about, and messages that it may have to write. */
const BATCH_BYTES = 256 * 1024;
const BATCHES_UNDER_WAY_MAX = 16;
/** How often the engine looks again whether it may go on: the reader of the output may pause for as long as it likes. */
const LOOK_AGAIN_MS = 60_000;

/** Reads and matches; the writer thread writes the answers. */
async function run({ engine, options }: ReturnType<typeof start>): Promise<void> {
  const splitter = new LineSplitter(LINE_LENGTH_MAX);
  const writer = new Worker(new URL("./answer-writer.js", import.meta.url), { workerData: options });
  let underWay = 0;
  const written = new Bell();
  writer.on("message", (message: WriterMessage) => {
    // The reader of the output (`head`, say) is gone, so there is nothing left to do.
    if (message === "nobody reads") process.exit(0);
    underWay--;
    written.ring();
  });
  const untilAtMost = async (batches: number) => {
    while (underWay > batches) await written.rangWithin(LOOK_AGAIN_MS);
  };
  const send = async () => {
    const answers = engine.take();
    const buffers = answers.flatMap((answer) => (answer.kind === "rows" ? [answer.rows.buffer as ArrayBuffer] : []));
    writer.postMessage(answers, buffers);
    underWay++;
    await untilAtMost(BATCHES_UNDER_WAY_MAX);
  };
  const answer = async (lines: readonly string[]) => {
    for (const line of lines) {
      engine.read(line);
      if (engine.pendingBytes >= BATCH_BYTES) await send();
    }
    await send();
  };
  // Latin-1 makes one character of each byte: what is not ASCII is refused, not decoded.
  process.stdin.setEncoding("latin1");
  for await (const piece of process.stdin) await answer(splitter.push(piece as string));
  await answer(splitter.end());
  await untilAtMost(0);
  await writer.terminate();
}

inlineMore();
await run(start());
