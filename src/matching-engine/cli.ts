/** The engine alone on the command line: text requests on stdin, JSON lines on stdout. */
import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { type MessagePort, parentPort, Worker, workerData } from "node:worker_threads";
import { AnswerPrinter } from "./answer-printer.js";
import { AsciiBuffer } from "./ascii-buffer.js";
import { inlineMore } from "./inlining.js";
import { LineSplitter } from "./line-splitter.js";
import { type Answer, LINE_LENGTH_MAX, TextEngine, type TextEngineOptions, textAsset } from "./text-engine.js";

const USAGE = "npm run --silent engine -- --asset BTC-USD --tick 0.01 --lot 0.0001 [--allow-self-trade]";

function readOptions(): TextEngineOptions {
  const { values } = parseArgs({
    options: {
      asset: { type: "string", default: "BTC-USD" },
      tick: { type: "string", default: "0.01" },
      lot: { type: "string", default: "0.0001" },
      "allow-self-trade": { type: "boolean", default: false },
    },
  });
  if (!/^[\x21-\x3c\x3e-\x7e]{1,32}$/.test(values.asset)) throw new RangeError(`asset "${values.asset}" is not a name`);
  const { asset, tick, lot } = values;
  return { asset, tickSize: tick, lotSize: lot, allowSelfTrade: values["allow-self-trade"] };
}

/** Options that are no good end the process with a word on how to put it right. */
function start(): { engine: TextEngine; options: TextEngineOptions } {
  try {
    const options = readOptions();
    return { engine: new TextEngine(options), options };
  } catch (error) {
    console.error(`engine: ${error instanceof Error ? error.message : String(error)}\nusage: ${USAGE}`);
    process.exit(2);
  }
}

/** Reads and matches; the answers are written by another thread, which is as much work again. */
async function run(engine: TextEngine, options: TextEngineOptions): Promise<void> {
  const splitter = new LineSplitter(LINE_LENGTH_MAX);
  const writer = new Worker(new URL(import.meta.url), { workerData: options });
  let underWay = 0;
  let wake: () => void = () => undefined;
  writer.on("message", (message: WriterMessage) => {
    // Whoever read the output has gone, such as `head`: there is nobody left to work for.
    if (message === "nobody reads") process.exit(0);
    underWay--;
    wake();
  });
  const atMost = async (batches: number) => {
    while (underWay > batches)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  const answer = async (lines: readonly string[]) => {
    for (const line of lines) engine.read(line);
    const answers = engine.take();
    const buffers = answers.flatMap((part) => (part.kind === "rows" ? [part.rows.buffer as ArrayBuffer] : []));
    writer.postMessage(answers, buffers);
    underWay++;
    await atMost(BATCHES_UNDER_WAY_MAX);
  };
  // One byte, one character: what is not ASCII is refused, not decoded.
  process.stdin.setEncoding("latin1");
  for await (const piece of process.stdin) await answer(splitter.push(piece as string));
  await answer(splitter.end());
  await atMost(0);
  await writer.terminate();
}

type WriterMessage = "written" | "nobody reads";

const BATCHES_UNDER_WAY_MAX = 16;
const STDOUT = 1;
const RETRY_MS = 1;

function writeAnswers(port: MessagePort, options: TextEngineOptions): void {
  const printer = new AnswerPrinter(textAsset(options));
  const output = new AsciiBuffer();
  const flush = () => {
    if (!writeAll(output.take())) port.postMessage("nobody reads" satisfies WriterMessage);
  };
  port.on("message", (answers: readonly Answer[]) => {
    for (const answer of answers)
      printer.print(answer, (text) => {
        output.add(text);
        if (output.isFull()) flush();
      });
    flush();
    port.postMessage("written" satisfies WriterMessage);
  });
}

/** False: nobody reads. A pipe that is full, and was made not to wait, is tried again. */
function writeAll(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(STDOUT, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") return false;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
  return true;
}

if (parentPort === null) {
  inlineMore();
  const { engine, options } = start();
  await run(engine, options);
} else writeAnswers(parentPort, workerData as TextEngineOptions);
