/**
 * The life of a service's process: starting → ready → stopping → gone. The first SIGTERM or SIGINT, or the loss of its parent,
 * stops it in order, within one deadline; a second signal ends it at once. Failed background work ends it, too, with exit code
 * 1: its supervisor starts it again, and it goes on from its checkpoint.
 */
import { setMaxListeners } from "node:events";
import { ConfigurationError, Fenced } from "../domain/errors.js";
import { closeAdminServer, startAdminServer } from "./admin-server.js";
import { createLogger, type Logger } from "./log.js";
import { Metrics } from "./metrics.js";
import { ReadinessChecks } from "./readiness.js";
import type { ServiceConfig } from "./service-config.js";
import type { ServiceName } from "./services.js";

export interface Service {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Aborted when the service is told to stop. */
  readonly stopping: AbortSignal;
  /** Adds a step of stopping. Steps run one after the other, the last one added first. */
  onStop(step: string, stop: () => Promise<void> | void): void;
  /** Takes work that no caller awaits. Its failure ends the service. */
  background(name: string, work: Promise<void>): void;
  /** Adds a check of readiness: it returns null when all is well, else why not; `needs` says what would end that. */
  readiness(name: string, check: () => string | null, needs?: "time" | "somebody"): void;
  /** Ends the service with exit code 1, in order; after a refusal by the fence (Fenced) at once. */
  fail(error: unknown): void;
}

const EXIT_CLEAN = 0;
const EXIT_FAILED = 1;

/** Runs `start`. The service is ready once that has resolved and every readiness check returns null. */
export async function runService<Config extends ServiceConfig>(
  name: ServiceName,
  readConfig: () => Config,
  start: (service: Service, config: Config) => Promise<void>,
): Promise<void> {
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exit(EXIT_FAILED);
  }
  const process_ = new ServiceProcess(name, config);
  await process_.run((service) => start(service, config));
}

class ServiceProcess implements Service {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly #config: ServiceConfig;
  readonly #stopping = new AbortController();
  readonly #steps: { step: string; stop: () => Promise<void> | void }[] = [];
  readonly #checks = new ReadinessChecks();
  #started = false;
  #exitCode = EXIT_CLEAN;

  constructor(name: ServiceName, config: ServiceConfig) {
    // Node warns of a leak above ten listeners, but each asset that waits to try again adds one.
    setMaxListeners(0, this.#stopping.signal);
    this.#config = config;
    this.log = createLogger(name, config.logLevel);
    this.metrics = new Metrics(name);
    this.#checks.exposeTo(this.metrics);
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  onStop(step: string, stop: () => Promise<void> | void): void {
    this.#steps.push({ step, stop });
  }

  background(name: string, work: Promise<void>): void {
    work.catch((err: unknown) => {
      if (this.stopping.aborted) this.log.debug({ err, work: name }, "background work ended while stopping");
      else this.fail(new Error(`${name} failed`, { cause: err }));
    });
  }

  readiness(...check: Parameters<Service["readiness"]>): void {
    this.#checks.add(...check);
  }

  fail(err: unknown): void {
    this.log.fatal({ err }, "the service can't go on");
    // Another process has its work: it has nothing to finish, and must be gone before it does harm.
    if (isFenced(err)) process.exit(EXIT_FAILED);
    this.#exitCode = EXIT_FAILED;
    this.#stop("failure");
  }

  async run(start: (service: Service) => Promise<void>): Promise<void> {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => this.#stop(signal));
    if (process.channel !== undefined) process.on("disconnect", () => this.#stop("the launcher is gone"));
    process.on("uncaughtException", (err) => this.fail(err));
    process.on("unhandledRejection", (err) => this.fail(err));
    try {
      const admin = await startAdminServer(this.#config, {
        readiness: () => this.#checks.readiness({ isStarted: this.#started, isStopping: this.stopping.aborted }),
        metrics: () => this.metrics.text(),
      });
      this.onStop("admin", () => closeAdminServer(admin));
      await start(this);
      this.#started = true;
      this.log.info("ready");
    } catch (err) {
      if (!this.stopping.aborted) this.fail(err);
    }
  }

  #stop(why: string): void {
    if (this.stopping.aborted) {
      if (why.startsWith("SIG")) process.exit(EXIT_FAILED);
      return;
    }
    this.log.info({ why }, "stopping");
    this.#stopping.abort();
    const deadline = setTimeout(() => {
      this.log.error({ stopTimeoutMs: this.#config.stopTimeoutMs }, "did not stop in time; ending");
      process.exit(EXIT_FAILED);
    }, this.#config.stopTimeoutMs);
    void this.#runSteps().then(() => {
      clearTimeout(deadline);
      this.log.info("stopped");
      process.exit(this.#exitCode);
    });
  }

  async #runSteps(): Promise<void> {
    for (const { step, stop } of this.#steps.reverse()) {
      try {
        await stop();
      } catch (err) {
        this.log.error({ err, step }, "a step of stopping failed");
        this.#exitCode = EXIT_FAILED;
      }
    }
  }
}

function isFenced(err: unknown): boolean {
  return err instanceof Fenced || (err instanceof Error && err.cause instanceof Fenced);
}
