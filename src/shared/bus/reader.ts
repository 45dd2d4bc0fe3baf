/**
 * Reads a subject of a stream in sequence, from a given place on, by an ack-free pull consumer. Holds at most a given
 * number of messages, and checks that none is missing. After any doubt (a gap, a lost connection, a consumer that the
 * server forgot, silence) it goes on with a new consumer after the last message received. The server keeps no position.
 */

import { randomUUID } from "node:crypto";
import { type StreamSequence, streamSequence } from "../domain/units.js";
import type { Logger } from "../process/log.js";
import { pausedFor } from "../process/waits.js";
import type { BusConnection } from "./connection.js";
import { AckPolicy, createInbox, DeliverPolicy, type Msg, nanos, type Subscription } from "./nats.js";
import * as pulled from "./pulled-message.js";
import { followOwnMessages, type StoredMessage } from "./relay.js";
import { isStillThere } from "./same-stream.js";
import type { StreamName } from "./subjects.js";

export interface InputMessage extends Omit<pulled.Place, "consumerSequence"> {
  readonly subject: string;
  readonly data: Uint8Array;
}

export interface ReaderOptions {
  readonly stream: StreamName;
  /** May end in the wildcard `>`. */
  readonly subject: string;
  /** Reading begins with the subject's next message after this one. */
  readonly afterSequence: StreamSequence;
  /** Limits of the messages held here and not yet taken, and of their bytes; the others wait in the server. */
  readonly pendingMessagesMax: number;
  readonly pendingBytesMax?: number;
  /** Called when there is a message to take, and when the reader is closed. */
  readonly onAvailable: () => void;
}

/** A pull asks for half of this at least, and a message has 1 MiB at most. */
const PENDING_BYTES_MAX = 8 * 2 ** 20;
const PULL_EXPIRES_MS = 30_000;
/** Heartbeats of a waiting pull. In a cluster a consumer dies with its server, and silence is the only sign of it. */
const HEARTBEAT_MS = 2_000;
const SILENCE_MAX_MS = 2 * HEARTBEAT_MS + 1_000;
const CONSUMER_KEPT_MS = 60_000;
const RETRY_MS = 250;
/** After so many messages in a row that were stored by this process, the server is not asked for them any more. */
const HANDED_ON_MIN = 8;
/** When this process has stored nothing for so long, the server is asked again: another process may write now. */
const HAND_ON_SILENCE_MS = 500;

/** A request for messages: how many of them, and how many bytes, the server may still send for it. */
interface Pull {
  messages: number;
  bytes: number;
}

export class BusReader {
  readonly #connection: BusConnection;
  readonly #log: Logger;
  readonly #options: ReaderOptions;
  #pending: InputMessage[] = [];
  #pendingBytes = 0;
  #after: StreamSequence;
  /** The message at `#after`; null: none was read yet. */
  #last: InputMessage | null = null;
  /** Pulls that have not ended, in the order in which the server serves them. */
  #pulls: Pull[] = [];
  #delivered = 0;
  #consumer: string | null = null;
  #subscription: Subscription | null = null;
  #silence: NodeJS.Timeout | null = null;
  /** Messages in a row that were handed on within this process, up to HANDED_ON_MIN. */
  #handedOn = 0;
  /** Set while messages come from this process alone, and there is no consumer: ends that after some silence. */
  #handOnSilence: NodeJS.Timeout | null = null;
  #closed = false;

  readonly #onClosed: () => void;
  readonly #stopFollowing: () => void;

  constructor(connection: BusConnection, log: Logger, options: ReaderOptions, onClosed: () => void) {
    this.#onClosed = onClosed;
    this.#connection = connection;
    this.#log = log.child({ subject: options.subject });
    this.#options = options;
    this.#after = options.afterSequence;
    this.#stopFollowing = followOwnMessages(connection.servers, options.subject, (message) => this.#handed(message));
    void this.#start();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get pendingMessages(): number {
    return this.#pending.length;
  }

  /** When the oldest message that is held here was stored; null: none is held. */
  get oldestStoredAtUs(): number | null {
    return this.#pending[0]?.storedAtUs ?? null;
  }

  /** How full the room for messages is, or that for bytes; 1: the others wait in the server. */
  get fill(): number {
    const { pendingMessagesMax, pendingBytesMax = PENDING_BYTES_MAX } = this.#options;
    return Math.max(this.#pending.length / pendingMessagesMax, this.#pendingBytes / pendingBytesMax);
  }

  /** Takes the next messages: at most `max` and about `maxBytes`, but one at least if there is one. */
  take(max: number, maxBytes = Number.POSITIVE_INFINITY): InputMessage[] {
    let [count, bytes] = [0, 0];
    while (count < Math.min(max, this.#pending.length) && bytes < maxBytes)
      bytes += this.#pending[count++]?.data.length ?? 0;
    const taken = this.#pending.splice(0, count);
    this.#pendingBytes -= bytes;
    this.#pullMore();
    return taken;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopFollowing();
    this.#onClosed();
    this.#options.onAvailable();
    await this.#deleteConsumer();
  }

  async #deleteConsumer(): Promise<void> {
    const consumer = this.#abandon();
    if (consumer === null || this.#connection.client.isClosed()) return;
    // If this fails, the server deletes the consumer by itself after CONSUMER_KEPT_MS.
    await this.#connection.manager.consumers.delete(this.#options.stream, consumer).catch(() => undefined);
  }

  async #start(): Promise<void> {
    for (let tries = 1; !this.#closed; tries++) {
      try {
        await this.#createConsumer();
        return;
      } catch (err) {
        if (this.#closed) return;
        const message = "a consumer could not be created; trying again";
        if (tries === 1) this.#log.warn({ err }, message);
        else this.#log.debug({ err, tries }, message);
        await pausedFor(RETRY_MS);
      }
    }
  }

  async #createConsumer(): Promise<void> {
    const { stream, subject } = this.#options;
    const { state } = await this.#connection.streamInfo(stream);
    // A stream that was lost counts from 1 again. Stages skip what they have handled before by sequences of their own.
    const last = this.#last;
    if (
      this.#after > state.last_seq ||
      (last && !(await isStillThere(this.#connection, stream, last, state.first_seq)))
    )
      this.#after = streamSequence(0);
    const wanted = {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.#after + 1,
      name: `reader-${randomUUID()}`,
      ack_policy: AckPolicy.None,
      filter_subject: subject,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(CONSUMER_KEPT_MS),
    };
    const { name } = await this.#connection.ask(() => this.#connection.quickManager.consumers.add(stream, wanted));
    if (this.#closed) return;
    const inbox = createInbox(this.#connection.inboxPrefix);
    this.#consumer = name;
    this.#pulls = [];
    this.#delivered = 0;
    const subscription = this.#connection.client.subscribe(inbox, {
      callback: (_error, message) => {
        if (this.#subscription === subscription) this.#received(message);
      },
    });
    this.#subscription = subscription;
    this.#heard();
    this.#pullMore();
  }

  #abandon(): string | null {
    const consumer = this.#consumer;
    this.#subscription?.unsubscribe();
    if (this.#silence !== null) clearTimeout(this.#silence);
    if (this.#handOnSilence !== null) clearTimeout(this.#handOnSilence);
    this.#handOnSilence = null;
    this.#subscription = null;
    this.#consumer = null;
    this.#silence = null;
    return consumer;
  }

  /** Goes on with a new consumer after the last message received. */
  restart(why: string): void {
    if (this.#closed || (this.#consumer === null && this.#handOnSilence === null)) return;
    this.#log.warn({ why, after: this.#after }, "reading starts anew");
    this.#askServer();
  }

  /** Takes a message that this process has stored. While they come in a row, the server is not asked for any. */
  #handed({ follows, ...message }: StoredMessage): void {
    if (this.#closed || message.streamSequence <= this.#after) return;
    const isNext = follows <= this.#after && this.fill < 1;
    this.#handedOn = isNext ? Math.min(this.#handedOn + 1, HANDED_ON_MIN) : 0;
    if (this.#handOnSilence !== null) {
      if (isNext) this.#handOnSilence.refresh();
      else this.#askServer();
    } else if (this.#handedOn === HANDED_ON_MIN && this.#consumer !== null) {
      void this.#deleteConsumer();
      this.#handOnSilence = setTimeout(() => this.#askServer(), HAND_ON_SILENCE_MS);
    }
    if (this.#handOnSilence !== null) this.#keep(message);
  }

  #askServer(): void {
    this.#handedOn = 0;
    this.#abandon();
    void this.#start();
  }

  #keep(message: InputMessage): void {
    this.#after = message.streamSequence;
    this.#last = message;
    this.#pending.push(message);
    this.#pendingBytes += message.data.length;
    this.#options.onAvailable();
  }

  #received(message: Msg): void {
    this.#heard();
    // Statuses come without a reply subject; so headers, which are costly to read, are read for statuses only.
    const status = message.reply ? 0 : (message.headers?.code ?? 0);
    if (status === pulled.HEARTBEAT) return;
    const description = message.headers?.description ?? "";
    if (pulled.PULL_ENDED.has(status) || (status === pulled.CONFLICT && description === pulled.LARGER_THAN_ROOM)) {
      this.#pulls.shift();
      this.#pullMore();
      return;
    }
    if (status === pulled.CONFLICT && description === pulled.SERVED) return;
    if (status !== 0) {
      this.restart(`status ${status} ${description}`);
      return;
    }
    const { consumerSequence, ...place } = pulled.placeIn(message.reply ?? "");
    if (consumerSequence !== this.#delivered + 1) {
      this.restart(`message ${consumerSequence} came after ${this.#delivered}`);
      return;
    }
    this.#delivered = consumerSequence;
    this.#countAgainstPull(pulled.sizeOf(message));
    this.#keep({ subject: message.subject, ...place, data: message.data });
    this.#pullMore();
  }

  #countAgainstPull(bytes: number): void {
    const [pull] = this.#pulls;
    if (pull === undefined) return;
    pull.messages--;
    pull.bytes = Math.max(0, pull.bytes - bytes);
    // A pull ends with its last message or byte. For the latter there is no status; that for the former (pulled.SERVED) comes later.
    if (pull.messages === 0 || pull.bytes === 0) this.#pulls.shift();
  }

  /** Once half of the room for messages, and half of that for bytes, is free, asks the server for as many as fit. */
  #pullMore(): void {
    const { pendingMessagesMax, pendingBytesMax = PENDING_BYTES_MAX, stream } = this.#options;
    let [messages, bytes] = [pendingMessagesMax - this.#pending.length, pendingBytesMax - this.#pendingBytes];
    for (const pull of this.#pulls) {
      messages -= pull.messages;
      bytes -= pull.bytes;
    }
    if (this.#consumer === null || this.#subscription === null) return;
    if (messages < pendingMessagesMax / 2 || bytes < pendingBytesMax / 2) return;
    this.#pulls.push({ messages, bytes });
    const ends = { expires: nanos(PULL_EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) };
    const pull = { batch: messages, max_bytes: bytes, ...ends };
    this.#connection.client.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#consumer}`, JSON.stringify(pull), {
      reply: this.#subscription.getSubject(),
    });
  }

  /** Starts the time of silence again. While a pull waits, heartbeats come: silence means that messages are lost. */
  #heard(): void {
    if (this.#silence === null)
      this.#silence = setTimeout(() => {
        this.#silence = null;
        if (this.#pulls.length > 0) this.restart("silence");
        else this.#heard();
      }, SILENCE_MAX_MS);
    else this.#silence.refresh();
  }
}
