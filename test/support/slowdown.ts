import { readFileSync } from "node:fs";

/** How much longer than alone on the machine this thread takes for its work: it waits while others run. */
export class Slowdown {
  #before = times();

  /** Since it was asked before; 1: it never waited. */
  take(): number {
    const [before, now] = [this.#before, times()];
    this.#before = now;
    const [ran, waited] = [now.ran - before.ran, now.waited - before.waited];
    return ran <= 0 ? 1 : (ran + waited) / ran;
  }
}

/** In nanoseconds, of the main thread. */
function times(): { ran: number; waited: number } {
  const [ran = 0, waited = 0] = readFileSync("/proc/self/schedstat", "utf8").split(" ").map(Number);
  return { ran, waited };
}
