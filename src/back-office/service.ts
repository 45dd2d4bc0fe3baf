import { BlockList } from "node:net";
import type { FastifyInstance } from "fastify";
import { addOpenApi } from "../shared/http/openapi.js";
import { type HttpServer, httpServer } from "../shared/http/server.js";
import { beforeDeadline } from "../shared/process/waits.js";
import { asProblem } from "./acts.js";
import type { DeskContext, DeskPlugin } from "./context.js";
import { servePage } from "./page-files.js";

/** How long stopping waits for requests that are under way. */
const STOP_REQUESTS_MS = 5_000;
const LIMITS = {
  bodyBytesMax: 16_384,
  headerBytesMax: 8_192,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
};
const API = {
  title: "Bourse, the operators' desk",
  description: `What operators look up and do. Each act has its row in the audit, with the key that did it and why. Under the same
Idempotency-Key an act is done once.`,
  below: "/api/",
};

/** Puts the HTTP server together from plugins, opens its port and closes it in order. */
export class Desk {
  readonly #context: DeskContext;
  readonly #server: HttpServer;

  private constructor(context: DeskContext) {
    const { config, database, service } = context;
    this.#context = context;
    const isDatabaseAway = () => database.whyNotReady() !== null;
    this.#server = httpServer({
      limits: LIMITS,
      tls: config.tls,
      proxies: new BlockList(),
      isDatabaseAway,
      log: service.log,
    });
  }

  /** A desk that listens nowhere yet. */
  static async create(context: DeskContext, plugins: readonly DeskPlugin[]): Promise<Desk> {
    const desk = new Desk(context);
    addOpenApi(desk.#server as unknown as FastifyInstance, API);
    desk.#server.register((scope, _, done) => {
      scope.setErrorHandler((error) => {
        throw asProblem(error);
      });
      for (const plugin of plugins) plugin(scope, context);
      done();
    });
    servePage(desk.#server);
    await desk.#server.ready();
    return desk;
  }

  /** Returns the port; if the configuration says 0, the system chooses it. */
  async listen(): Promise<number> {
    const { host, port } = this.#context.config;
    try {
      await this.#server.listen({ host, port });
    } catch (cause) {
      throw new Error(`the port ${host}:${port} can't be opened; set BACK_OFFICE_PORT to a free one`, { cause });
    }
    const address = this.#server.server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  async stop(): Promise<void> {
    const closed = this.#server.close();
    await beforeDeadline(closed, STOP_REQUESTS_MS).catch(() => {
      this.#server.server.closeAllConnections();
      return closed;
    });
  }
}
