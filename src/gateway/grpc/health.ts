/** gRPC's health protocol: what balancers ask before they send calls here. */
import {
  type handleUnaryCall,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";

interface HealthRequest {
  readonly service: string;
}

const STATUS = { SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;
const LOOK_MS = 1_000;
/** Watchers beyond are refused: each is a stream that stays. */
const WATCHERS_MAX = 1_000;

/** The whole server ("") and each of its services are as healthy as the process. */
export class Health {
  readonly #services: ReadonlySet<string>;
  readonly #isServing: () => boolean;
  readonly #watchers = new Map<ServerWritableStream<HealthRequest, object>, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(services: readonly string[], isServing: () => boolean) {
    this.#services = new Set(["", ...services]);
    this.#isServing = isServing;
  }

  get implementation(): UntypedServiceImplementation {
    const check: handleUnaryCall<HealthRequest, object> = ({ request }, respond) => {
      if (this.#services.has(request.service)) respond(null, { status: this.#status });
      else respond({ code: status.NOT_FOUND, details: "there is no such service here" });
    };
    return { Check: check, Watch: (call: ServerWritableStream<HealthRequest, object>) => this.#watch(call) };
  }

  /** Tells all watchers, and ends their streams. */
  stop(): void {
    for (const call of this.#watchers.keys()) {
      call.write({ status: STATUS.NOT_SERVING });
      call.end();
    }
    this.#watchers.clear();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  get #status(): number {
    return this.#isServing() ? STATUS.SERVING : STATUS.NOT_SERVING;
  }

  #watch(call: ServerWritableStream<HealthRequest, object>): void {
    if (this.#watchers.size >= WATCHERS_MAX) {
      call.emit("error", { code: status.RESOURCE_EXHAUSTED, details: "too many watch the health of this server" });
      return;
    }
    const told = this.#services.has(call.request.service) ? this.#status : STATUS.SERVICE_UNKNOWN;
    call.write({ status: told });
    this.#watchers.set(call, told);
    this.#timer ??= setInterval(() => this.#tell(), LOOK_MS).unref();
    call.on("cancelled", () => this.#watchers.delete(call));
  }

  #tell(): void {
    for (const [call, told] of this.#watchers) {
      if (told === STATUS.SERVICE_UNKNOWN || told === this.#status) continue;
      call.write({ status: this.#status });
      this.#watchers.set(call, this.#status);
    }
  }
}
