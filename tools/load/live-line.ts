/** A line a second on the standard error while a run goes on; a terminal has one line that changes. */
import type { WriteStream } from "node:tty";
import type { Load } from "./load-run.js";

const EVERY_MS = 1_000;

export class LiveLine {
  readonly #stream: NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY">>;
  readonly #run: Load;
  readonly #timer: NodeJS.Timeout;
  #last = { sent: 0, acknowledged: 0 };
  #lastMs = performance.now();
  #seconds = 0;

  constructor(run: Load, stream: NodeJS.WritableStream = process.stderr) {
    this.#run = run;
    this.#stream = stream;
    run.watchLatencies();
    this.#timer = setInterval(() => this.#tell(), EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    if (this.#stream.isTTY === true) this.#stream.write("\r\x1b[K");
  }

  #tell(): void {
    const nowMs = performance.now();
    const { sent, acknowledged, refused, unanswered, recent } = this.#run.progress();
    const perSecond = (now: number, before: number) =>
      `${Math.round(((now - before) * 1_000) / (nowMs - this.#lastMs))}/s`;
    const words = [
      `${++this.#seconds} s`,
      `sent ${perSecond(sent, this.#last.sent)}`,
      `ACK ${perSecond(acknowledged, this.#last.acknowledged)}, p99 ${recent.summary().p99.toFixed(1)} ms`,
      `refused ${refused}`,
      `unanswered ${unanswered}`,
    ];
    recent.reset();
    this.#last = { sent, acknowledged };
    this.#lastMs = nowMs;
    const line = words.join(" · ");
    this.#stream.write(this.#stream.isTTY === true ? `\r\x1b[K${line}` : `${line}\n`);
  }
}
