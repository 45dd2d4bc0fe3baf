/**
 * Finds out why a stream takes no messages although there is a connection. A server whose disk is full answers requests and
 * no publishes, and the stream stays so until the server is restarted; a server that lost its disk does not know the stream
 * any more. Both need an operator. A server that answers nothing at all does not: it is away, or stands still.
 */
import { STREAMS, type StreamName } from "./subjects.js";

/** The server's answer to the question whether it has a stream. */
export type StreamAnswer = "there" | "gone" | "silent";

export type TroubleKind = "unwritable" | "gone";

export interface Trouble {
  readonly stream: StreamName;
  readonly kind: TroubleKind;
  /** For the operator: what is wrong and what to do. */
  readonly text: string;
}

/** Streams that no service makes anew by itself, and whose writers are allowed to ask for their state. */
const WATCHED: readonly StreamName[] = ["ORDERS", "COMMANDS", "EXECUTIONS", "SNAPSHOTS", "KV_leases"];

export function watchedStreamOf(subject: string): StreamName | null {
  return WATCHED.find((name) => subject.startsWith(`${STREAMS[name].prefix}.`)) ?? null;
}

const TEXTS: Readonly<Record<TroubleKind, string>> = {
  unwritable:
    "publishes time out while stream info answers: the disk of nats-server is full or failing; free space, then restart nats-server",
  gone: "the stream is not there any more: nats-server lost its disk; put its data back, then restart nats-server",
};

interface Watch {
  /** The server's last answer about the stream after a publish without one, and when it came. */
  said: Exclude<StreamAnswer, "silent"> | null;
  saidAtMs: number;
  isAsking: boolean;
  trouble: Trouble | null;
}

export class WriteTroubles {
  readonly #ask: (stream: StreamName) => Promise<StreamAnswer>;
  readonly #onChange: (stream: StreamName, trouble: Trouble | null) => void;
  readonly #watches = new Map<StreamName, Watch>();
  readonly #raiseAfterMs: number;

  /** A trouble is raised no sooner than `raiseAfterMs` after its first sign: in a cluster another server is tried before. */
  constructor(
    ask: (stream: StreamName) => Promise<StreamAnswer>,
    onChange: (stream: StreamName, trouble: Trouble | null) => void,
    raiseAfterMs = 0,
  ) {
    this.#ask = ask;
    this.#onChange = onChange;
    this.#raiseAfterMs = raiseAfterMs;
  }

  /** Forgets earlier answers: they may have been another server's. */
  connectionChanged(): void {
    for (const watch of this.#watches.values()) watch.said = null;
  }

  of(stream: StreamName): Trouble | null {
    return this.#watches.get(stream)?.trouble ?? null;
  }

  /** Must be called for every publish that ended, with the time when it began. */
  published(subject: string, startedMs: number, isAnswered: boolean): void {
    if (isAnswered && this.#watches.size === 0) return;
    const stream = watchedStreamOf(subject);
    if (stream === null) return;
    if (isAnswered) this.#isWritten(stream);
    else void this.#look(stream, startedMs);
  }

  #isWritten(stream: StreamName): void {
    const watch = this.#watches.get(stream);
    if (!this.#watches.delete(stream) || watch?.trouble === null) return;
    this.#onChange(stream, null);
  }

  /** A publish that failed is trouble if the server gave the same answer about the stream before it began and afterwards. */
  async #look(stream: StreamName, startedMs: number): Promise<void> {
    const watch = this.#watches.get(stream) ?? { said: null, saidAtMs: 0, isAsking: false, trouble: null };
    this.#watches.set(stream, watch);
    if (watch.isAsking) return;
    watch.isAsking = true;
    const said = await this.#ask(stream);
    watch.isAsking = false;
    if (this.#watches.get(stream) !== watch) return; // a publish was stored meanwhile
    if (said === "silent" || said !== watch.said) {
      watch.said = said === "silent" ? null : said;
      watch.saidAtMs = performance.now();
    } else if (startedMs >= watch.saidAtMs + this.#raiseAfterMs)
      this.#raise(watch, stream, said === "gone" ? "gone" : "unwritable");
  }

  #raise(watch: Watch, stream: StreamName, kind: TroubleKind): void {
    if (watch.trouble?.kind === kind) return;
    watch.trouble = { stream, kind, text: `${stream}: ${TEXTS[kind]}` };
    this.#onChange(stream, watch.trouble);
  }
}
