import type { FastifyInstance } from "fastify";
import { addOpenApi } from "../shared/http/openapi.js";
import { Problem } from "../shared/http/problem.js";
import { type HttpServer, httpServer } from "../shared/http/server.js";
import { lookEvery } from "../shared/process/looks.js";
import { isTrusted } from "../shared/process/trusted-proxies.js";
import { beforeDeadline } from "../shared/process/waits.js";
import type { GatewayContext, GatewayPlugin } from "./context.js";
import { AddressLimits } from "./http/address-limits.js";
import { allowPages } from "./http/page-origins.js";
import { Upgrades } from "./sockets/upgrades.js";

/** How long stopping waits for requests that are under way. */
const STOP_REQUESTS_MS = 6_000;
/** As the order-handler's: in step with everything else that this process looks at. */
const SWEEP_INTERVAL_MS = 250;

/** Dialects do not stand on the page: they are documented by whom they imitate. */
const API = {
  title: "Bourse",
  description: `Requests into the order log, under the rules and promises of docs/protocol.md. Bodies and answers are JSON, or MessagePack
where Content-Type and Accept say application/msgpack. Amounts are decimal text. Pages are bounded: where an answer has \`next\`, give it
back for the page that follows.`,
  below: "/v1/",
  people: true,
};

/** Puts the HTTP server together from plugins, opens its port and closes it in order. */
export class HttpGateway {
  readonly #context: GatewayContext;
  readonly #server: HttpServer;
  readonly #stopSweeping: () => void;
  #isClosed = false;

  private constructor(context: GatewayContext) {
    const { config, database, service } = context;
    this.#context = context;
    this.#server = httpServer({
      limits: config.http,
      tls: config.tls,
      proxies: config.proxies,
      isDatabaseAway: () => database.whyNotReady() !== null,
      log: service.log,
    });
    allowPages(this.#server, config.pageOrigins);
    const addresses = new AddressLimits(config.addresses, (address) => isTrusted(config.proxies, address));
    addresses.guard(this.#server.server);
    service.metrics.queue("connections", () => addresses.fill);
    this.#server.addHook("onRequest", async (request, reply) => {
      const refusal = addresses.refusalOf(request.ip, performance.now());
      if (refusal !== null) throw new Problem(refusal);
      if (!this.#isClosed) return;
      void reply.header("connection", "close");
      throw new Problem(context.orderEntry.shuttingDown);
    });
    this.#stopSweeping = lookEvery(SWEEP_INTERVAL_MS, () => {
      context.orderEntry.sweep();
      addresses.sweep(performance.now());
    });
  }

  /** A gateway that listens nowhere yet. */
  static async create(context: GatewayContext, plugins: readonly GatewayPlugin[]): Promise<HttpGateway> {
    const gateway = new HttpGateway(context);
    addOpenApi(gateway.#server as unknown as FastifyInstance, API);
    const { sockets: limits, proxies } = context.config;
    const isClosed = () => context.orderEntry.isClosed;
    const upgrades = new Upgrades(gateway.#server.server, { limits, proxies, isClosed });
    for (const plugin of plugins)
      gateway.#server.register((scope, _, done) => {
        Promise.resolve(plugin(scope, { ...context, upgrades })).then(() => done(), done);
      });
    await gateway.#server.ready();
    return gateway;
  }

  /** Returns the port; if the configuration says 0, the system chooses it. */
  async listen(): Promise<number> {
    const { host, port } = this.#context.config;
    await this.#context.orderEntry.prepare();
    try {
      await this.#server.listen({ host, port });
    } catch (cause) {
      throw new Error(`the port ${host}:${port} can't be opened; set GATEWAY_PORT to a free one`, { cause });
    }
    const address = this.#server.server.address();
    const opened = typeof address === "object" && address !== null ? address.port : port;
    this.#context.orderEntry.opened({ host, port: opened });
    return opened;
  }

  /** Refuses new requests, answers those under way, closes connections. */
  async stop(): Promise<void> {
    this.#isClosed = true;
    const { orderEntry } = this.#context;
    orderEntry.close();
    const closed = this.#server.close();
    await beforeDeadline(closed, STOP_REQUESTS_MS).catch(() => {
      this.#server.server.closeAllConnections();
      return closed;
    });
    await orderEntry.finish();
    this.#stopSweeping();
  }
}
