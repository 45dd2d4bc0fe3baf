/** The thread that turns answers into text and writes it to stdout, which is as much work as reading and matching (cli.ts). */
import { writeSync } from "node:fs";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { invariant } from "../shared/domain/errors.js";
import { AnswerPrinter } from "./answer-printer.js";
import { AsciiBuffer } from "./ascii-buffer.js";
import { type Answer, type TextEngineOptions, textAsset } from "./text-engine.js";

/** Sent back for each message of answers. "nobody reads": the reader of stdout is gone. */
export type WriterMessage = "written" | "nobody reads";

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

/** Writes all bytes to stdout. False: its reader is gone. A full pipe that does not block is tried again. */
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

invariant(parentPort !== null, "the answer writer is a thread of the engine's command line");
writeAnswers(parentPort, workerData as TextEngineOptions);
