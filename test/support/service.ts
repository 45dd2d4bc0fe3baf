import type { Service } from "../../src/shared/process/lifecycle.js";
import { createLogger } from "../../src/shared/process/log.js";
import { Metrics } from "../../src/shared/process/metrics.js";
import { beforeDeadline } from "../../src/shared/process/waits.js";
import { patience } from "./machine.js";

/** What lifecycle.ts gives a service, without a process of its own. */
export interface ServiceForTest extends Service {
  /** Rejects with what ended the service. */
  readonly failed: Promise<never>;
  notReady(): string[];
  stop(): Promise<void>;
}

export function serviceForTest(name: string): ServiceForTest {
  const stopping = new AbortController();
  const steps: (() => Promise<void> | void)[] = [];
  const checks: (() => string | null)[] = [];
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  return {
    log: createLogger(name, process.env["TEST_LOG_LEVEL"] ?? "silent"),
    metrics: new Metrics(name),
    stopping: stopping.signal,
    failed,
    fail,
    onStop: (_, stop) => void steps.unshift(stop),
    background: (_, work) => void work.catch(fail),
    readiness: (_, check) => void checks.push(check),
    notReady: () => checks.map((check) => check()).filter((reason) => reason !== null),
    async stop() {
      stopping.abort();
      for (const step of steps) await Promise.resolve(step()).catch(() => undefined);
    },
  };
}

const ENDED_WITHIN_MS = 20_000;

/** What ends the first one of the services that ends by itself. */
export function whatEnds(...services: readonly ServiceForTest[]): Promise<unknown> {
  const ended = Promise.race(services.map(({ failed }) => failed)).catch((reason: unknown) => reason);
  return beforeDeadline(ended, patience(ENDED_WITHIN_MS), "no service ended");
}
