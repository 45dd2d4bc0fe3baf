/** The gRPC server: its port, its limits, and its end in order. */
import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import type { TlsIdentity } from "../../shared/process/tls.js";
import { beforeDeadline } from "../../shared/process/waits.js";
import { Health } from "./health.js";
import { reflection } from "./reflection.js";
import { serviceDefinition } from "./service-definitions.js";

export interface GrpcLimits {
  readonly messageBytesMax: number;
  /** Calls of one connection that are under way, streams among them. */
  readonly callsPerConnectionMax: number;
  /** A peer that is silent is asked so often whether it is there, and cut if it does not answer for as long. */
  readonly keepaliveMs: number;
}

export interface GrpcOptions {
  /** By their full names. */
  readonly services: Readonly<Record<string, UntypedServiceImplementation>>;
  readonly limits: GrpcLimits;
  readonly tls: TlsIdentity | null;
  readonly isServing: () => boolean;
}

const HEALTH = "grpc.health.v1.Health";
const REFLECTION = "grpc.reflection.v1.ServerReflection";
/** What older clients ask; its messages are the same. */
const OLD_REFLECTION = "grpc.reflection.v1alpha.ServerReflection";

export class GrpcServer {
  readonly #server: Server;
  readonly #health: Health;
  readonly #tls: TlsIdentity | null;

  constructor({ services, limits, tls, isServing }: GrpcOptions) {
    const names = Object.keys(services);
    this.#tls = tls;
    this.#server = new Server({
      "grpc.max_receive_message_length": limits.messageBytesMax,
      "grpc.max_concurrent_streams": limits.callsPerConnectionMax,
      "grpc.keepalive_time_ms": limits.keepaliveMs,
      "grpc.keepalive_timeout_ms": limits.keepaliveMs,
      "grpc.keepalive_permit_without_calls": 1,
    });
    this.#health = new Health(names, isServing);
    for (const [name, implementation] of Object.entries(services))
      this.#server.addService(serviceDefinition(name), implementation);
    this.#server.addService(serviceDefinition(HEALTH), this.#health.implementation);
    const told = reflection([...names, HEALTH, REFLECTION]);
    this.#server.addService(serviceDefinition(REFLECTION), told);
    this.#server.addService(serviceDefinition(REFLECTION, OLD_REFLECTION), told);
  }

  /** Returns the port; if it is to be 0, the system chooses it. */
  listen(host: string, port: number): Promise<number> {
    const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, credentials(this.#tls), (cause, bound) => {
        if (cause === null) resolve(bound);
        else reject(new Error(`the port ${address} can't be opened; set GRPC_PORT to a free one`, { cause }));
      });
    });
  }

  /** Takes no new calls, lets those under way end, and then ends what is left. */
  async stop(patienceMs: number): Promise<void> {
    this.#health.stop();
    const ended = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    await beforeDeadline(ended, patienceMs).catch(() => this.#server.forceShutdown());
  }
}

function credentials(tls: TlsIdentity | null): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(null, [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }]);
}
