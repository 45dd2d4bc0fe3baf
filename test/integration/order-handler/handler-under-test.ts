import { type BlockList, connect, type Socket } from "node:net";
import pino from "pino";
import { type HandlerConfig, handlerConfig } from "../../../src/order-handler/config.js";
import { HandlerMetrics } from "../../../src/order-handler/handler-metrics.js";
import { OrderHandler, type OrderHandlerOptions } from "../../../src/order-handler/service.js";
import type { AuthenticatedAccount } from "../../../src/shared/access/authentication.js";
import { type Bus, connectBus } from "../../../src/shared/bus/bus.js";
import { type AssetRegistry, loadAssets } from "../../../src/shared/domain/assets.js";
import { accountId } from "../../../src/shared/domain/units.js";
import type { CancelTriggersStore } from "../../../src/shared/order-entry/cancel-triggers-store.js";
import { Metrics } from "../../../src/shared/process/metrics.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import type { TlsIdentity } from "../../../src/shared/process/tls.js";
import { decodeMessage, encodeMessage } from "../../../src/shared/wire/protobuf.js";
import { patience } from "../../support/machine.js";

export const ASSETS = loadAssets(`${projectRoot}config/assets.json`);
const log = pino({ level: "silent" });

/** Accounts and keys random1, random2 …: the secret is the same word as the key. */
export const fakeAuthenticate = async (keyId: string, secret: string): Promise<AuthenticatedAccount | null> => {
  const number = /^random([1-9])$/.exec(keyId)?.[1];
  if (number === undefined || secret !== keyId) return null;
  const key = { keyId, role: "trade", expiresInMs: null } as const;
  return { accountId: accountId(Number(number)), account: keyId, suspended: false, ...key };
};

const ALL_MAY: OrderHandlerOptions["access"] = {
  isSuspended: () => false,
  isRevoked: () => false,
  stateOf: () => "open",
};
const NO_TRIGGERS = {
  setTimers: async () => undefined,
  openSessions: async () => undefined,
  restoreSessions: async () => undefined,
  renew: async () => undefined,
  endSessions: async () => undefined,
  forgetSessions: async () => undefined,
  endSessionsBefore: async () => undefined,
} satisfies Pick<CancelTriggersStore, keyof CancelTriggersStore> as unknown as CancelTriggersStore;

export interface HandlerForTest {
  readonly port: number;
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly handler: OrderHandler;
  /** Its clients are closed then, too. */
  stop(): Promise<void>;
}

type Overrides = {
  readonly [Part in "session" | "server" | "batcher" | "rates" | "cancels" | "door" | "logins"]?: Partial<
    HandlerConfig[Part]
  >;
} & {
  readonly authenticate?: OrderHandlerOptions["authenticate"];
  readonly processedThrough?: OrderHandlerOptions["processedThrough"];
  readonly tls?: TlsIdentity;
  readonly proxies?: BlockList;
  readonly registry?: AssetRegistry;
  readonly lastPrices?: OrderHandlerOptions["lastPrices"];
  readonly access?: OrderHandlerOptions["access"];
  readonly cancelTriggers?: OrderHandlerOptions["cancelTriggers"];
};

/** An order-handler in this process on a port of its own, with a real NATS. */
export async function startHandler(natsUrl: string, overrides: Overrides = {}): Promise<HandlerForTest> {
  const defaults = handlerConfig({ NATS_URL: natsUrl, DATABASE_URL: "none", ORDER_HANDLER_PORT: "0" });
  const config: HandlerConfig = {
    ...defaults,
    tls: overrides.tls ?? null,
    proxies: overrides.proxies ?? defaults.proxies,
    door: { ...defaults.door, ...overrides.door },
    cancels: { ...defaults.cancels, ...overrides.cancels },
    session: { ...defaults.session, ...overrides.session },
    server: { ...defaults.server, ...overrides.server },
    batcher: { ...defaults.batcher, ...overrides.batcher },
    rates: { ...defaults.rates, ...overrides.rates },
    logins: { ...defaults.logins, ...overrides.logins },
  };
  const bus = await connectBus(natsUrl, { name: "order-handler-test", log });
  await bus.ensureStreams(1);
  const metrics = new Metrics("order-handler");
  const handler = new OrderHandler({
    config,
    registry: overrides.registry ?? ASSETS,
    log,
    orderLog: bus,
    authenticate: overrides.authenticate ?? fakeAuthenticate,
    access: overrides.access ?? ALL_MAY,
    cancelTriggers: overrides.cancelTriggers ?? NO_TRIGGERS,
    processedThrough: overrides.processedThrough ?? (async () => new Map()),
    lastPrices: overrides.lastPrices ?? (async () => new Map()),
    metrics: new HandlerMetrics(metrics),
  });
  const port = await handler.listen();
  return {
    port,
    bus,
    metrics,
    handler,
    async stop() {
      await handler.stop();
      await bus.close();
      TestClient.closeThoseOf(port);
    },
  };
}

const ANSWER_DEADLINE_MS = 10_000;

/** A client that is not ours: it knows sockets and bytes only. */
export class TestClient {
  static readonly #open = new Map<TestClient, number>();
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #changed: () => void = () => undefined;

  constructor(port: number, socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })) {
    this.socket = socket;
    TestClient.#open.set(this, port);
    this.socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changed();
    });
    this.socket.on("end", () => this.#end());
    this.socket.on("close", () => {
      TestClient.#open.delete(this);
      this.#end();
    });
    this.socket.on("error", () => this.#end());
  }

  static async login(port: number, key = "random1", option = ""): Promise<TestClient> {
    const client = new TestClient(port);
    client.send(`LOGIN ${key} ${key} ${option}\n`);
    await client.line();
    return client;
  }

  /** Half open ones stay so: they are allowed to. */
  static closeThoseOf(handlerPort: number): void {
    for (const [client, port] of TestClient.#open) if (port === handlerPort) client.close();
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next line that the server sends. */
  async line(): Promise<string> {
    return (await this.lines(1))[0] as string;
  }

  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    await this.#until(() => {
      for (;;) {
        const end = this.#received.indexOf(10);
        if (lines.length === count || end < 0) return lines.length === count;
        lines.push(this.#received.toString("latin1", 0, end));
        this.#received = this.#received.subarray(end + 1);
      }
    }, `${count} lines`);
    return lines;
  }

  async ask(request: string): Promise<string> {
    this.send(`${request}\n`);
    return this.line();
  }

  /** The next frame that the server sends, decoded. */
  async message(): Promise<WireServerMessage> {
    let body = Buffer.alloc(0);
    await this.#until(() => {
      if (this.#received.length < 4) return false;
      const end = 4 + this.#received.readUInt32BE(0);
      if (this.#received.length < end) return false;
      body = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      return true;
    }, "a frame");
    return decodeMessage("bourse.v1.ServerMessage", body);
  }

  /** What came until the server closed its side. */
  async rest(): Promise<string> {
    await this.#until(() => this.#ended, "the end of the connection");
    return this.#received.toString("latin1");
  }

  close(): void {
    this.socket.destroy();
  }

  #end(): void {
    this.#ended = true;
    this.#changed();
  }

  async #until(isDone: () => boolean, what: string): Promise<void> {
    if (isDone()) return;
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(timer);
        reject(new Error(`${why} while waiting for ${what}; received ${JSON.stringify(this.#received.toString())}`));
      };
      const timer = setTimeout(() => fail("time ran out"), patience(ANSWER_DEADLINE_MS));
      this.#changed = () => {
        if (isDone()) {
          clearTimeout(timer);
          resolve();
        } else if (this.#ended) fail("the connection ended");
      };
    });
  }
}

export interface WireServerMessage {
  readonly requestId: number;
  readonly loginAccepted?: { readonly account: string; readonly assets: readonly { readonly asset: string }[] };
  readonly ack?: {
    readonly logId: number;
    readonly clientOrderId: string;
    readonly receivedAtUs: number;
    readonly loggedAtUs: number;
  };
  readonly reject?: {
    readonly code: number;
    readonly name: string;
    readonly text: string;
    readonly clientOrderId: string;
  };
  readonly heartbeat?: object;
}

/** A ClientMessage with its length. */
export function frame(message: object): Buffer {
  const body = encodeMessage("bourse.v1.ClientMessage", message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
