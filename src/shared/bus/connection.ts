/** The connection to NATS: opened, watched, and moved to another server of the cluster when this one is of no use. */

import type { Logger } from "../process/log.js";
import { pausedFor, tryFor } from "../process/waits.js";
import {
  connect,
  Events,
  errorCodeOf,
  type JetStreamManager,
  type NatsConnection,
  nanos,
  type StreamInfo,
  type StreamInfoRequestOptions,
} from "./nats.js";
import { BusRequests } from "./requests.js";
import { type AskedBy, isMinority, ServerChoice } from "./server-choice.js";
import type { StreamName } from "./subjects.js";

export interface ConnectionOptions {
  readonly name: string;
  readonly log: Logger;
}

const RECONNECT_WAIT_MS = 250;
const REQUEST_TIMEOUT_MS = 5_000;
const QUICK_TIMEOUT_MS = 2_000;
const PING_INTERVAL_MS = 5_000;
/** Before a leader is taken to be cut off, it is looked at again: a new one hears of its followers within a second. */
const LOOK_AGAIN_MS = 1_500;
/** JetStream's err_code of a server without a leader: it knows nothing, so this counts as no answer. */
const NO_LEADER = 10008;

export class BusConnection {
  readonly client: NatsConnection;
  readonly manager: JetStreamManager;
  /** With a short timeout, for requests that their callers repeat: the server forgets requests during an election. */
  readonly quickManager: JetStreamManager;
  /** Each service has its own prefix: the server lets no other service listen there. */
  readonly inboxPrefix: string;
  readonly hasSeveralServers: boolean;
  /** The servers that it may connect to, without credentials: the same for all that use one JetStream. */
  readonly servers: string;
  readonly #log: Logger;
  readonly #choice: ServerChoice;
  readonly #listeners: ((connected: boolean) => void)[] = [];
  readonly #requests = new BusRequests(REQUEST_TIMEOUT_MS, (error) =>
    isAnswer(error) ? this.answered("request") : this.unanswered("request", performance.now()),
  );
  #isConnected = true;
  #isLookingAgain = false;
  /** The stream of the last publish that got no answer while the connection stood. */
  #doubted: StreamName | null = null;

  private constructor(
    client: NatsConnection,
    [manager, quickManager]: readonly [JetStreamManager, JetStreamManager],
    {
      log,
      servers,
      inboxPrefix,
    }: ConnectionOptions & { readonly servers: readonly string[]; readonly inboxPrefix: string },
  ) {
    this.client = client;
    this.manager = manager;
    this.quickManager = quickManager;
    this.inboxPrefix = inboxPrefix;
    this.hasSeveralServers = servers.length > 1;
    this.servers = servers.join();
    this.#log = log;
    this.#choice = new ServerChoice(servers.length);
    void this.#watch();
  }

  /** Tries to connect for `deadlineMs`, then rejects. Once connected, it reconnects for ever. */
  static async open(url: string, options: ConnectionOptions, deadlineMs: number): Promise<BusConnection> {
    const failed = (err: unknown) => options.log.warn({ err }, "NATS can't be reached yet");
    const attempts = { deadlineMs, everyMs: RECONNECT_WAIT_MS, failed };
    const whyNot = "NATS can't be reached; is NATS_URL right and the server up?";
    return await tryFor(() => BusConnection.#open(url, options), attempts, whyNot);
  }

  static async #open(url: string, options: ConnectionOptions): Promise<BusConnection> {
    // Credentials are cut out: the client would take a password that begins with a digit for the port.
    const servers = url.split(",").map((server) => server.replace(/^(\w+:\/\/)?.*@/s, "$1"));
    const inboxPrefix = `_INBOX.${options.name}`;
    const client = await connect({
      servers,
      ...credentialsIn(url),
      name: options.name,
      inboxPrefix,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      reconnectJitter: RECONNECT_WAIT_MS,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: 2,
      timeout: REQUEST_TIMEOUT_MS,
    });
    try {
      const manager = await client.jetstreamManager({ timeout: REQUEST_TIMEOUT_MS });
      const quickManager = await client.jetstreamManager({ timeout: QUICK_TIMEOUT_MS, checkAPI: false });
      return new BusConnection(client, [manager, quickManager], { ...options, servers, inboxPrefix });
    } catch (error) {
      await client.close(); // a client that is not closed reconnects for ever
      throw error;
    }
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  onChange(listener: (connected: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Sends the request once there is a connection; rejects if that breaks before the answer. */
  ask<T>(request: () => Promise<T>): Promise<T> {
    return this.#requests.ask(request);
  }

  async streamInfo(stream: StreamName, what?: Partial<StreamInfoRequestOptions>): Promise<StreamInfo> {
    const info = await this.ask(() => this.quickManager.streams.info(stream, what));
    if (this.#isCutOff(info)) void this.#lookAgain(stream);
    return info;
  }

  answered(by: AskedBy): void {
    this.#choice.answered(by);
  }

  /** Must be told of every request or publish without an answer; after some silence another server is tried. */
  unanswered(by: AskedBy, askedMs: number, stream: StreamName | null = null): void {
    this.#doubted = stream ?? this.#doubted;
    if (this.#choice.unanswered(by, askedMs, performance.now())) this.#leave("silent");
  }

  async close(): Promise<void> {
    this.#requests.close();
    await this.client.close();
  }

  async #lookAgain(stream: StreamName): Promise<void> {
    if (this.#isLookingAgain) return;
    this.#isLookingAgain = true;
    const server = this.client.getServer();
    await pausedFor(LOOK_AGAIN_MS);
    const info = await this.ask(() => this.quickManager.streams.info(stream)).catch(() => null);
    this.#isLookingAgain = false;
    if (info !== null && this.#isCutOff(info) && this.#isConnected && this.client.getServer() === server)
      this.#leave("cut off");
  }

  /** Whether the server says that it leads, but hears of no majority of its followers. */
  #isCutOff({ cluster }: StreamInfo): boolean {
    if (cluster?.leader === undefined || cluster.leader !== this.client.info?.server_name) return false;
    return isMinority((cluster.replicas ?? []).map(({ active }) => active / nanos(1)));
  }

  #leave(why: "silent" | "cut off"): void {
    if (!this.#choice.mayLeave(performance.now())) return;
    const server = this.client.getServer();
    this.#choice.left(server, why, performance.now());
    this.#log.warn({ server, why }, "this server stores nothing; trying another one");
    this.#reconnect();
  }

  #reconnect(): void {
    this.client.reconnect().catch(() => undefined); // it rejects if the client was closed meanwhile
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.client.status()) {
      if (type === Events.Disconnect) this.#changed(false);
      else if (type !== Events.Reconnect) continue;
      else if (this.#choice.isWanted(this.client.getServer(), performance.now())) this.#changed(true);
      else this.#reconnect();
    }
  }

  #changed(connected: boolean): void {
    if (connected === this.#isConnected) return;
    this.#isConnected = connected;
    this.#choice.connectionChanged();
    this.#log.warn({ connected }, "the connection to NATS changed");
    this.#requests.changed(connected);
    for (const listener of this.#listeners) listener(connected);
    // This server may be the one that is cut off: looking at the stream would show it.
    if (connected && this.hasSeveralServers && this.#doubted !== null)
      this.streamInfo(this.#doubted).catch(() => undefined);
    if (connected) this.#doubted = null;
  }
}

/** The credentials of the first server's URL (nats://user:password@host), used for all; the client ignores them in URLs. */
function credentialsIn(url: string): { user: string; pass: string } | null {
  const [first = ""] = url.split(",");
  if (!URL.canParse(first)) return null;
  const { username, password } = new URL(first);
  return username === "" ? null : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
}

function isAnswer(error: unknown): boolean {
  const code = errorCodeOf(error);
  return error === null || (code !== undefined && code !== NO_LEADER);
}
