/**
 * The life of a service: starting → ready → stopping → gone, in a process of its own or in one with others, which then all end
 * together. The first SIGTERM or SIGINT, or the loss of its parent, stops it in order, within one deadline; a second signal ends
 * it at once. Failed background work ends it, too, with exit code 1: its supervisor starts it again, and it goes on from its
 * checkpoint.
 */
import { setMaxListeners } from "node:events";
import { ConfigurationError, Fenced } from "../domain/errors.js";
import { closeAdminServer, startAdminServer } from "./admin-server.js";
import { observeEventLoopDelay } from "./event-loop-delay.js";
import { createLogger, type Logger } from "./log.js";
import { Metrics } from "./metrics.js";
import { ReadinessChecks } from "./readiness.js";
import type { ProcessConfig } from "./service-config.js";
import { placeOf, type ServiceName } from "./services.js";
import { environmentOf } from "./settings.js";

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
export async function runService<Config extends ProcessConfig>(
  name: ServiceName,
  readConfig: (values: NodeJS.ProcessEnv) => Config,
  start: (service: Service, config: Config) => Promise<void>,
): Promise<void> {
  let config: Config;
  try {
    config = readConfig(environmentOf(name));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exit(EXIT_FAILED);
  }
  const service = new RunningService(name, config, life);
  life.add(service);
  await service.run(() => start(service, config));
}

/** What the services of one process share: its signals and its end. All of them end together, in the order of the pipeline. */
class ProcessLife {
  readonly #services: RunningService[] = [];
  #isStopping = false;
  #exitCode = EXIT_CLEAN;

  add(service: RunningService): void {
    this.#services.push(service);
    this.#services.sort((one, other) => placeOf(one.name) - placeOf(other.name));
    if (this.#services.length > 1) return;
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => this.stop(signal));
    if (process.channel !== undefined) process.on("disconnect", () => this.stop("the launcher is gone"));
    process.on("uncaughtException", (err) => this.#uncaught(err));
    process.on("unhandledRejection", (err) => this.#uncaught(err));
  }

  /** It may be any service's. */
  #uncaught(err: unknown): void {
    const of = this.#services.map(({ name }) => name);
    this.#services[0]?.log.fatal({ err, of }, "an error that nobody caught: the process can't go on");
    this.fail(err);
  }

  fail(err: unknown): void {
    // Another process has its work: it has nothing to finish, and must be gone before it does harm.
    if (isFenced(err)) process.exit(EXIT_FAILED);
    this.#exitCode = EXIT_FAILED;
    this.stop("failure");
  }

  stop(why: string): void {
    if (this.#isStopping) {
      if (why.startsWith("SIG")) process.exit(EXIT_FAILED);
      return;
    }
    this.#isStopping = true;
    const stopTimeoutMs = Math.max(...this.#services.map((service) => service.stopTimeoutMs));
    const deadline = setTimeout(() => {
      this.#services[0]?.log.error({ stopTimeoutMs }, "did not stop in time; ending");
      process.exit(EXIT_FAILED);
    }, stopTimeoutMs);
    void this.#stopAll(why).then(() => {
      clearTimeout(deadline);
      process.exit(this.#exitCode);
    });
  }

  /** One after the other, in the direction of an order, so that each has received everything before it stops. */
  async #stopAll(why: string): Promise<void> {
    for (const service of this.#services) if (!(await service.stop(why))) this.#exitCode = EXIT_FAILED;
  }
}

const life = new ProcessLife();

class RunningService implements Service {
  readonly name: ServiceName;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly stopTimeoutMs: number;
  readonly #life: ProcessLife;
  readonly #config: ProcessConfig;
  readonly #stopping = new AbortController();
  readonly #steps: { step: string; stop: () => Promise<void> | void }[] = [];
  readonly #checks = new ReadinessChecks();
  #started = false;

  constructor(name: ServiceName, config: ProcessConfig, ofProcess: ProcessLife) {
    // Node warns of a leak above ten listeners, but each asset that waits to try again adds one.
    setMaxListeners(0, this.#stopping.signal);
    this.name = name;
    this.stopTimeoutMs = config.stopTimeoutMs;
    this.#life = ofProcess;
    this.#config = config;
    this.log = createLogger(name, config.logLevel);
    this.metrics = new Metrics(name);
    this.#checks.exposeTo(this.metrics);
    observeEventLoopDelay(this.metrics, this.stopping);
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
    this.#life.fail(err);
  }

  async run(start: () => Promise<void>): Promise<void> {
    try {
      const admin = await startAdminServer(this.#config, {
        readiness: () => this.#checks.readiness({ isStarted: this.#started, isStopping: this.stopping.aborted }),
        metrics: () => this.metrics.text(),
      });
      this.onStop("admin", () => closeAdminServer(admin));
      await start();
      this.#started = true;
      this.log.info("ready");
    } catch (err) {
      if (!this.stopping.aborted) this.fail(err);
    }
  }

  /** Never rejects. False: a step failed. */
  async stop(why: string): Promise<boolean> {
    this.log.info({ why }, "stopping");
    this.#stopping.abort();
    let isClean = true;
    for (const { step, stop } of this.#steps.reverse()) {
      try {
        await stop();
      } catch (err) {
        this.log.error({ err, step }, "a step of stopping failed");
        isClean = false;
      }
    }
    this.log.info("stopped");
    return isClean;
  }
}

function isFenced(err: unknown): boolean {
  return err instanceof Fenced || (err instanceof Error && err.cause instanceof Fenced);
}
