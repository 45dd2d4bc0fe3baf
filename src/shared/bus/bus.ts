/**
 * JetStream for services: publishes, with an inbox of our own for acknowledgements; streams and their messages; readers
 * (reader.ts). The connection is connection.ts.
 */
import { type EpochUs, type StreamSequence, streamSequence } from "../domain/units.js";
import { microsecondText } from "../process/clock.js";
import type { Logger } from "../process/log.js";
import { BusConnection, type ConnectionOptions } from "./connection.js";
import { DirectReads, type StoredReads } from "./direct-reads.js";
import { ensureStreams } from "./ensure-streams.js";
import { ERROR_CODES } from "./error-codes.js";
import { createInbox, errorCodeOf, type Msg, type MsgRequest } from "./nats.js";
import { type PublishOptions, type PublishOutcome, publishHeaders, readAcknowledgement } from "./publish.js";
import { storedAtUs } from "./pulled-message.js";
import { BusReader, type InputMessage, type ReaderOptions } from "./reader.js";
import { handOn, type StoredMessage } from "./relay.js";
import { type StreamUsage, usageIn } from "./stream-usage.js";
import type { StreamName } from "./subjects.js";
import { type StreamAnswer, type Trouble, WriteTroubles, watchedStreamOf } from "./write-trouble.js";

export type { PublishOptions, PublishOutcome };
export { ERROR_CODES };

export interface Bus extends StoredReads {
  isConnected(): boolean;
  onConnectionChange(listener: (connected: boolean) => void): void;
  /** Why the stream takes no messages until an operator acts; null: no such trouble is known. */
  trouble(stream: StreamName): Trouble | null;
  onTroubleChange(listener: (stream: StreamName, trouble: Trouble | null) => void): void;
  /** Never rejects. */
  publish(subject: string, payload: Uint8Array, options: PublishOptions): Promise<PublishOutcome>;
  /**
   * Creates the streams, or updates their configuration: all of them, or only those in memory. Without a number of copies each
   * keeps as many as ORDERS has, so that a process which was not told of a cluster takes nothing from it.
   */
  ensureStreams(copies: number | null, which?: "all" | "memory"): Promise<void>;
  lastMessage(stream: StreamName, subject: string): Promise<InputMessage | null>;
  /** The stream's first and last sequence; last is first - 1 when it is empty. */
  streamBounds(stream: StreamName): Promise<{ first: StreamSequence; last: StreamSequence }>;
  streamUsage(stream: StreamName): Promise<StreamUsage>;
  /** The same as this bus tells, told by any server that has a copy, which may be behind: cheaper. */
  readonly anyCopy: StoredReads;
  /** The headers of a stored message, by name; none where it is gone. */
  headersAt(stream: StreamName, sequence: StreamSequence): Promise<Readonly<Record<string, string>>>;
  /** The number of messages of each subject that matches the filter. */
  subjectCounts(stream: StreamName, filter: string): Promise<ReadonlyMap<string, number>>;
  /** Removes the messages of the subject; with `before`, those before that sequence. */
  purge(stream: StreamName, subject: string, before?: number): Promise<void>;
  /** Of a bus that is closed, the reader is closed, too. */
  read(options: ReaderOptions): BusReader;
  /** Sends a text that no stream keeps, to whoever listens now; it is lost without a connection. */
  signal(subject: string, text: string): void;
  /** Calls the listener with each such text; `*` in the subject stands for any token. */
  onSignal(subject: string, listener: (subject: string, text: string) => void): void;
  /** Keeps a message that is stored for this process's own readers of its subject (relay.ts), until `passOn`. */
  handOn(message: StoredMessage): void;
  /** Passes on what was kept: the next stage takes all that a batch became, of all assets, as one batch. */
  passOn(): void;
  close(): Promise<void>;
}

const CONNECT_DEADLINE_MS = 30_000;
/** In a cluster a trouble is raised after so long: by then another server was tried. */
const TROUBLE_AFTER_MS = 6_000;

/** Tries to connect for `deadlineMs`, then rejects. Once connected, the bus reconnects for ever. */
export async function connectBus(
  url: string,
  options: ConnectionOptions,
  deadlineMs = CONNECT_DEADLINE_MS,
): Promise<Bus> {
  return new NatsBus(await BusConnection.open(url, options, deadlineMs), options.log);
}

interface WaitingPublish {
  readonly subject: string;
  readonly startedMs: number;
  readonly resolve: (outcome: PublishOutcome) => void;
  readonly deadline: NodeJS.Timeout;
}

class NatsBus implements Bus {
  readonly #connection: BusConnection;
  readonly #log: Logger;
  readonly #troubleListeners: ((stream: StreamName, trouble: Trouble | null) => void)[] = [];
  readonly #troubles: WriteTroubles;
  readonly #waiting = new Map<string, WaitingPublish>();
  readonly #readers = new Set<BusReader>();
  readonly #inbox: string;
  /** Messages that are stored and not passed on yet. */
  readonly #stored: StoredMessage[] = [];
  #anyCopy: DirectReads | null = null;
  #nextToken = 0;
  #isClosed = false;

  constructor(connection: BusConnection, log: Logger) {
    this.#connection = connection;
    this.#log = log;
    this.#troubles = new WriteTroubles(
      (stream) => this.#lookAt(stream),
      (stream, trouble) => {
        for (const listener of this.#troubleListeners) listener(stream, trouble);
      },
      connection.hasSeveralServers ? TROUBLE_AFTER_MS : 0,
    );
    this.#inbox = createInbox(connection.inboxPrefix);
    connection.client.subscribe(`${this.#inbox}.*`, { callback: (_error, message) => this.#acknowledged(message) });
    connection.onChange((connected) => this.#changed(connected));
  }

  isConnected(): boolean {
    return this.#connection.isConnected;
  }

  onConnectionChange(listener: (connected: boolean) => void): void {
    this.#connection.onChange(listener);
  }

  trouble(stream: StreamName): Trouble | null {
    return this.#troubles.of(stream);
  }

  onTroubleChange(listener: (stream: StreamName, trouble: Trouble | null) => void): void {
    this.#troubleListeners.push(listener);
  }

  publish(subject: string, payload: Uint8Array, options: PublishOptions): Promise<PublishOutcome> {
    if (!this.#connection.isConnected) return Promise.resolve({ kind: "unavailable" });
    const token = String(this.#nextToken++);
    return new Promise((resolve) => {
      const deadline = setTimeout(() => this.#settle(token, { kind: "unknown" }), options.deadlineMs);
      this.#waiting.set(token, { subject, startedMs: performance.now(), resolve, deadline });
      try {
        const reply = `${this.#inbox}.${token}`;
        const header = publishHeaders(options);
        this.#connection.client.publish(subject, payload, header === null ? { reply } : { reply, headers: header });
      } catch (err) {
        this.#log.warn({ err }, "a publish could not be sent");
        this.#settle(token, { kind: "unavailable" });
      }
    });
  }

  ensureStreams(copies: number | null, which: "all" | "memory" = "all"): Promise<void> {
    return ensureStreams(this.#connection.manager.streams, this.#log, copies, which);
  }

  lastMessage(stream: StreamName, subject: string): Promise<InputMessage | null> {
    return this.#message(stream, { last_by_subj: subject });
  }

  get anyCopy(): StoredReads {
    this.#anyCopy ??= new DirectReads(this.#connection);
    return this.#anyCopy;
  }

  nextMessage(stream: StreamName, subject: string, after: StreamSequence): Promise<InputMessage | null> {
    // The client's types lack this query, which the server knows.
    return this.#message(stream, { seq: after + 1, next_by_subj: subject } as MsgRequest);
  }

  messageSince(stream: StreamName, subject: string, sinceUs: EpochUs): Promise<InputMessage | null> {
    return this.#message(stream, {
      start_time: microsecondText(sinceUs),
      next_by_subj: subject,
    } as unknown as MsgRequest);
  }

  async headersAt(stream: StreamName, seq: StreamSequence): Promise<Readonly<Record<string, string>>> {
    try {
      const { header } = await this.#connection.ask(() => this.#connection.manager.streams.getMessage(stream, { seq }));
      return Object.fromEntries(header.keys().map((name) => [name, header.get(name)]));
    } catch (error) {
      if (errorCodeOf(error) === ERROR_CODES.NO_MESSAGE_FOUND) return {};
      throw error;
    }
  }

  async #message(stream: StreamName, query: MsgRequest): Promise<InputMessage | null> {
    try {
      const { subject, seq, timestamp, data } = await this.#connection.ask(() =>
        this.#connection.manager.streams.getMessage(stream, query),
      );
      return { subject, streamSequence: streamSequence(seq), storedAtUs: storedAtUs(timestamp), data };
    } catch (error) {
      if (errorCodeOf(error) === ERROR_CODES.NO_MESSAGE_FOUND) return null;
      throw error;
    }
  }

  async streamBounds(stream: StreamName): Promise<{ first: StreamSequence; last: StreamSequence }> {
    const { state } = await this.#connection.streamInfo(stream);
    return { first: streamSequence(state.first_seq), last: streamSequence(state.last_seq) };
  }

  async streamUsage(stream: StreamName): Promise<StreamUsage> {
    return usageIn(await this.#connection.streamInfo(stream));
  }

  async #lookAt(stream: StreamName): Promise<StreamAnswer> {
    try {
      await this.#connection.streamInfo(stream);
      return "there";
    } catch (error) {
      const isGone = errorCodeOf(error) === ERROR_CODES.STREAM_NOT_FOUND;
      return isGone ? "gone" : "silent";
    }
  }

  async subjectCounts(stream: StreamName, filter: string): Promise<ReadonlyMap<string, number>> {
    const { state } = await this.#connection.streamInfo(stream, { subjects_filter: filter });
    return new Map(Object.entries(state.subjects ?? {}));
  }

  async purge(stream: StreamName, subject: string, before?: number): Promise<void> {
    const what = { filter: subject, ...(before === undefined ? {} : { seq: before }) };
    await this.#connection.ask(() => this.#connection.manager.streams.purge(stream, what));
  }

  read(options: ReaderOptions): BusReader {
    const reader: BusReader = new BusReader(this.#connection, this.#log, options, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    if (this.#isClosed) void reader.close(); // else it would ask for ever
    return reader;
  }

  signal(subject: string, text: string): void {
    if (this.#connection.isConnected) this.#connection.client.publish(subject, text);
  }

  onSignal(subject: string, listener: (subject: string, text: string) => void): void {
    const callback = (_error: unknown, { subject: from, data }: Msg) => listener(from, new TextDecoder().decode(data));
    this.#connection.client.subscribe(subject, { callback });
  }

  handOn(message: StoredMessage): void {
    this.#stored.push(message);
  }

  passOn(): void {
    for (const message of this.#stored.splice(0)) handOn(this.#connection.servers, message);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const token of [...this.#waiting.keys()]) this.#settle(token, { kind: "unknown" });
    await Promise.all([...this.#readers].map((reader) => reader.close()));
    await this.#connection.close();
  }

  #acknowledged(message: Msg): void {
    const token = message.subject.slice(this.#inbox.length + 1);
    const isNobodyListening = message.headers?.code === 503;
    this.#settle(token, isNobodyListening ? { kind: "unavailable" } : readAcknowledgement(message.data));
  }

  #settle(token: string, outcome: PublishOutcome): void {
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) return;
    this.#waiting.delete(token);
    clearTimeout(waiting.deadline);
    const isAnswered = outcome.kind === "stored" || outcome.kind === "refused";
    if (this.#connection.isConnected) this.#judge(waiting, isAnswered);
    waiting.resolve(outcome);
  }

  #judge({ subject, startedMs }: WaitingPublish, isAnswered: boolean): void {
    if (isAnswered) this.#connection.answered("publish");
    else this.#connection.unanswered("publish", startedMs, watchedStreamOf(subject));
    this.#troubles.published(subject, startedMs, isAnswered);
  }

  #changed(connected: boolean): void {
    this.#troubles.connectionChanged();
    // Acknowledgements of waiting publishes can't come any more: their inbox was on the broken connection.
    if (!connected) for (const token of [...this.#waiting.keys()]) this.#settle(token, { kind: "unknown" });
    // Messages that the server sent meanwhile are lost, and it may have forgotten the readers' consumers.
    if (connected) for (const reader of this.#readers) reader.restart("the connection came back");
  }
}
