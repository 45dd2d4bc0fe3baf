/**
 * The life of a service's process: starting → ready → stopping → gone. The first SIGTERM, SIGINT or loss of the parent
 * stops it in order, with one deadline; a second signal ends it at once. A failure of background work ends it too, with
 * exit code 1: whoever started it starts it again, and it goes on from its checkpoint.
 */
import { createServer, type Server, type ServerResponse } from "node:http";
import { ConfigurationError, Fenced } from "../domain/errors.js";
import { createLogger, type Logger } from "./log.js";
import { Metrics } from "./metrics.js";
import type { ServiceConfig } from "./service-config.js";
import type { ServiceName } from "./services.js";

export interface Service {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Aborted when the service is told to stop. */
  readonly stopping: AbortSignal;
  /** Steps run one after the other, the last one given first. */
  onStop(step: string, stop: () => Promise<void> | void): void;
  /** Names work that nobody awaits. Its failure ends the service. */
  background(name: string, work: Promise<void>): void;
  /** The check returns null when all is well, or why it is not, and what that needs to end. */
  readiness(name: string, check: () => string | null, needs?: "time" | "somebody"): void;
  /** Ends the service with exit code 1, in order; after a refusal by the fence (Fenced) at once. */
  fail(error: unknown): void;
}

/** What /readyz answers. */
export interface Readiness {
  readonly ready: boolean;
  /** Its parts are put together; what it waits for beside that may take long, or for ever. */
  readonly started: boolean;
  /** It does all that it can, and somebody has to act before it does the rest. */
  readonly needsSomebody: boolean;
  readonly waitingFor: readonly string[];
}

const EXIT_CLEAN = 0;
const EXIT_FAILED = 1;

/** Runs `start`; the service is ready once it has resolved and every readiness check is content. */
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
  readonly #checks = new Map<string, () => string | null>();
  readonly #needSomebody = new Set<string>();
  #started = false;
  #exitCode = EXIT_CLEAN;

  constructor(name: ServiceName, config: ServiceConfig) {
    this.#config = config;
    this.log = createLogger(name, config.logLevel);
    this.metrics = new Metrics(name);
    const ready = this.metrics.gauge("ready", "1: all is well with it; 0: /readyz says why not", ["check"]);
    Object.assign(ready, {
      collect: () => {
        for (const [check, whyNot] of this.#checks) ready.set({ check }, whyNot() === null ? 1 : 0);
      },
    });
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

  readiness(name: string, check: () => string | null, needs: "time" | "somebody" = "time"): void {
    this.#checks.set(name, check);
    if (needs === "somebody") this.#needSomebody.add(name);
  }

  fail(err: unknown): void {
    this.log.fatal({ err }, "the service can't go on");
    // Another has its work: it has nothing to bring to an end, and is to be gone before it does any harm.
    if (isRefusal(err)) process.exit(EXIT_FAILED);
    this.#exitCode = EXIT_FAILED;
    this.#stop("failure");
  }

  async run(start: (service: Service) => Promise<void>): Promise<void> {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => this.#stop(signal));
    if (process.channel !== undefined) process.on("disconnect", () => this.#stop("the launcher is gone"));
    process.on("uncaughtException", (err) => this.fail(err));
    process.on("unhandledRejection", (err) => this.fail(err));
    try {
      const admin = await this.#listen();
      this.onStop("admin", () => closeServer(admin));
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

  #listen(): Promise<Server> {
    const { adminHost, adminPort } = this.#config;
    const server = createServer((request, response) => void this.#answer(request.url ?? "/", response));
    return new Promise((resolve, reject) => {
      server.once("error", (cause) => {
        const message = `the admin port ${adminHost}:${adminPort} can't be opened; set ADMIN_PORT to a free one`;
        reject(new Error(message, { cause }));
      });
      server.listen(adminPort, adminHost, () => resolve(server));
    });
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const path = url.split("?")[0];
    if (path === "/healthz") return respond(response, 200, { status: "alive" });
    if (path === "/readyz") {
      const readiness = this.#readiness();
      return respond(response, readiness.ready ? 200 : 503, readiness);
    }
    if (path === "/metrics") {
      const text = await this.metrics.text();
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(text);
      return;
    }
    respond(response, 404, { error: "here are /healthz, /readyz and /metrics" });
  }

  #readiness(): Readiness {
    let needsTime = false;
    const waitingFor = [...this.#checks].flatMap(([name, check]) => {
      const reason = check();
      if (reason !== null) needsTime ||= !this.#needSomebody.has(name);
      return reason === null ? [] : [`${name}: ${reason}`];
    });
    const isStopping = this.stopping.aborted;
    if (isStopping) waitingFor.push("stopping");
    else if (!this.#started) waitingFor.push("starting");
    const [ready, started] = [waitingFor.length === 0, this.#started && !isStopping];
    return { ready, started, needsSomebody: started && !ready && !needsTime, waitingFor };
  }
}

function isRefusal(err: unknown): boolean {
  return err instanceof Fenced || (err instanceof Error && err.cause instanceof Fenced);
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
