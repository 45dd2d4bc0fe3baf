/**
 * Stored messages, told by any server that has a copy of the stream ("direct get"): a third of what it costs to ask the stream's
 * leader (`nextMessage` and `messageSince` of the bus), who alone is never behind. What was stored a moment ago may be missing here.
 */
import { type EpochUs, type StreamSequence, streamSequence } from "../domain/units.js";
import { microsecondText } from "../process/clock.js";
import { beforeDeadline } from "../process/waits.js";
import type { BusConnection } from "./connection.js";
import { createInbox, type Msg } from "./nats.js";
import { storedAtUs } from "./pulled-message.js";
import type { InputMessage } from "./reader.js";
import type { StreamName } from "./subjects.js";

export interface StoredReads {
  /** The subject's first message after the given place. */
  nextMessage(stream: StreamName, subject: string, after: StreamSequence): Promise<InputMessage | null>;
  /** The subject's first message that was stored then or later. */
  messageSince(stream: StreamName, subject: string, sinceUs: EpochUs): Promise<InputMessage | null>;
}

const ANSWER_DEADLINE_MS = 5_000;
const NO_MESSAGE = 404;

/** Answers come to an inbox of its own: the client's own requests cost twice as much. */
export class DirectReads implements StoredReads {
  readonly #connection: BusConnection;
  readonly #inbox: string;
  readonly #waiting = new Map<string, (answer: Msg) => void>();
  #nextToken = 0;

  constructor(connection: BusConnection) {
    this.#connection = connection;
    this.#inbox = createInbox(connection.inboxPrefix);
    connection.client.subscribe(`${this.#inbox}.*`, { callback: (_error, answer) => this.#answered(answer) });
  }

  nextMessage(stream: StreamName, subject: string, after: StreamSequence): Promise<InputMessage | null> {
    return this.#message(stream, { seq: after + 1, next_by_subj: subject });
  }

  messageSince(stream: StreamName, subject: string, sinceUs: EpochUs): Promise<InputMessage | null> {
    return this.#message(stream, { start_time: microsecondText(sinceUs), next_by_subj: subject });
  }

  async #message(stream: StreamName, query: object): Promise<InputMessage | null> {
    const { headers, data } = await this.#connection.ask(() => this.#ask(stream, query));
    if (headers === undefined) throw new Error("a stored message came without its place");
    if (headers.code === NO_MESSAGE) return null;
    if (headers.code !== 0) throw new Error(`no server tells messages of ${stream}: ${headers.code}`);
    return {
      subject: headers.get("Nats-Subject"),
      streamSequence: streamSequence(Number(headers.get("Nats-Sequence"))),
      storedAtUs: storedAtUs(headers.get("Nats-Time-Stamp")),
      data,
    };
  }

  async #ask(stream: StreamName, query: object): Promise<Msg> {
    const token = String(this.#nextToken++);
    const answer = new Promise<Msg>((resolve) => this.#waiting.set(token, resolve));
    try {
      this.#connection.client.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(query), {
        reply: `${this.#inbox}.${token}`,
      });
      return await beforeDeadline(answer, ANSWER_DEADLINE_MS, "no answer of NATS");
    } finally {
      this.#waiting.delete(token);
    }
  }

  #answered(answer: Msg): void {
    this.#waiting.get(answer.subject.slice(this.#inbox.length + 1))?.(answer);
  }
}
