/** The engine alone on the command line: text requests on stdin, JSON lines on stdout. */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { AsciiBuffer } from "./ascii-buffer.js";
import { inlineMore } from "./inlining.js";
import { LineSplitter } from "./line-splitter.js";
import { LINE_LENGTH_MAX, TextEngine, type TextEngineOptions } from "./text-engine.js";

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
function start(): TextEngine {
  try {
    return new TextEngine(readOptions());
  } catch (error) {
    console.error(`engine: ${error instanceof Error ? error.message : String(error)}\nusage: ${USAGE}`);
    process.exit(2);
  }
}

async function run(engine: TextEngine): Promise<void> {
  const splitter = new LineSplitter(LINE_LENGTH_MAX);
  const answer = async (lines: readonly string[]) => {
    const output = new AsciiBuffer();
    for (const line of lines) {
      output.add(engine.read(line));
      if (output.isFull()) await write(output.take());
    }
    await write(output.take());
  };
  // One byte, one character: what is not ASCII is refused, not decoded.
  process.stdin.setEncoding("latin1");
  for await (const piece of process.stdin) await answer(splitter.push(piece as string));
  await answer(splitter.end());
}

async function write(output: Uint8Array): Promise<void> {
  if (output.length > 0 && !process.stdout.write(output)) await once(process.stdout, "drain");
}

// Whoever read the output has gone, such as `head`: there is nobody left to work for.
process.stdout.on("error", () => process.exit(0));

inlineMore();
await run(start());
