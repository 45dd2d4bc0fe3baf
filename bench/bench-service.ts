/** What lifecycle.ts gives a service, without a process of its own. */
import type { Service } from "../src/shared/process/lifecycle.js";
import { createLogger } from "../src/shared/process/log.js";
import { Metrics } from "../src/shared/process/metrics.js";

export class BenchService implements Service {
  readonly log = createLogger("bench", "error");
  readonly metrics = new Metrics("bench");
  readonly #abort = new AbortController();
  readonly #steps: (() => Promise<void> | void)[] = [];
  readonly #checks: (() => string | null)[] = [];
  readonly stopping = this.#abort.signal;
  onStop(_: string, stop: () => Promise<void> | void): void {
    this.#steps.unshift(stop);
  }
  background(_: string, work: Promise<void>): void {
    work.catch((error: unknown) => this.fail(error));
  }
  readiness(_: string, check: () => string | null): void {
    this.#checks.push(check);
  }
  fail(error: unknown): void {
    console.error(error);
    process.exit(1);
  }
  isReady(): boolean {
    return this.#checks.every((check) => check() === null);
  }
  async stop(): Promise<void> {
    this.#abort.abort();
    for (const step of this.#steps) await step();
  }
}
