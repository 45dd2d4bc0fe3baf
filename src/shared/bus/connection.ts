/** The connection of the bus: made, watched, taken to another server where this one is of no use, and closed for good. */

import {
  connect,
  Events,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  nanos,
  type StreamInfo,
  type StreamInfoRequestOptions,
} from "nats";
import type { Logger } from "../process/log.js";
import { pausedFor, tryFor } from "../process/waits.js";
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
/** A new leader has not heard of anybody at first, and then hears of each within a second. */
const LOOK_AGAIN_MS = 1_500;
/** JetStream's err_code for having no leader: whoever says so knows nothing. */
const NO_LEADER = 10008;

export class BusConnection {
  readonly client: NatsConnection;
  readonly manager: JetStreamManager;
  /** For what is asked again when nothing was answered: questions during an election are forgotten. */
  readonly quickManager: JetStreamManager;
  /** Of its own for each service: the server lets nobody else listen there. */
  readonly inboxPrefix: string;
  readonly hasSeveralServers: boolean;
  readonly #log: Logger;
  readonly #choice: ServerChoice;
  readonly #listeners: ((connected: boolean) => void)[] = [];
  readonly #requests = new BusRequests(REQUEST_TIMEOUT_MS, (error) =>
    isAnswer(error) ? this.answered("request") : this.unanswered("request", performance.now()),
  );
  #isConnected = true;
  #isLookingAgain = false;
  /** The stream of the last publish that was not stored, where that was not the connection's fault. */
  #doubted: StreamName | null = null;

  private constructor(
    client: NatsConnection,
    [manager, quickManager]: readonly [JetStreamManager, JetStreamManager],
    { log, servers, inboxPrefix }: ConnectionOptions & { readonly servers: number; readonly inboxPrefix: string },
  ) {
    this.client = client;
    this.manager = manager;
    this.quickManager = quickManager;
    this.inboxPrefix = inboxPrefix;
    this.hasSeveralServers = servers > 1;
    this.#log = log;
    this.#choice = new ServerChoice(servers);
    void this.#watch();
  }

  /** Tries for so long, then rejects. Once connected it reconnects for ever. */
  static async open(url: string, options: ConnectionOptions, deadlineMs: number): Promise<BusConnection> {
    const failed = (err: unknown) => options.log.warn({ err }, "NATS can't be reached yet");
    const attempts = { deadlineMs, everyMs: RECONNECT_WAIT_MS, failed };
    const whyNot = "NATS can't be reached; is NATS_URL right and the server up?";
    return await tryFor(() => BusConnection.#open(url, options), attempts, whyNot);
  }

  static async #open(url: string, options: ConnectionOptions): Promise<BusConnection> {
    // The client would take a password that begins with a digit for the port.
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
      return new BusConnection(client, [manager, quickManager], { ...options, servers: servers.length, inboxPrefix });
    } catch (error) {
      await client.close(); // it would go on reconnecting for ever
      throw error;
    }
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  onChange(listener: (connected: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Asks the server once there is a connection; rejects when that breaks. */
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

  /** Of several servers another one may know more. */
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

  /** This server says that it leads, and hears of no majority of the others. */
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

  /** Rejects when the client was closed meanwhile: nothing is to be done then. */
  #reconnect(): void {
    this.client.reconnect().catch(() => undefined);
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
    // The server that was cut off may be this one.
    if (connected && this.hasSeveralServers && this.#doubted !== null)
      this.streamInfo(this.#doubted).catch(() => undefined);
    if (connected) this.#doubted = null;
  }
}

/** nats://user:password@host: of the first server, for all of them. The client leaves that to its caller. */
function credentialsIn(url: string): { user: string; pass: string } | null {
  const [first = ""] = url.split(",");
  if (!URL.canParse(first)) return null;
  const { username, password } = new URL(first);
  return username === "" ? null : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
}

function isAnswer(error: unknown): boolean {
  const code = error instanceof NatsError ? error.api_error?.err_code : undefined;
  return error === null || (code !== undefined && code !== NO_LEADER);
}
