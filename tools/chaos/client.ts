/** One client as the contract wants him: whatever is not answered for certain, he sends again under the same name. */

import type { AssetRegistry } from "../../src/shared/domain/assets.js";
import { REJECTS } from "../../src/shared/domain/rejects.js";
import { type LogId, logId } from "../../src/shared/domain/units.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";
import { type Address, BinarySession, SessionLost, TextSession } from "../../test/support/trading-session.js";
import { type Answer, isUnknown, SEND_AGAIN } from "./attempts.js";
import { OrderMix, type Wish } from "./order-mix.js";
import { lineOf, messageOf } from "./request-text.js";

export interface ClientOptions {
  readonly name: string;
  readonly account: string;
  readonly accountId: number;
  readonly isText: boolean;
  readonly seed: number;
  /** What the text dialect's LOGIN may say besides. */
  readonly loginOption?: string;
  readonly registry: AssetRegistry;
  readonly address: Address;
  readonly onAnswer: (client: Client, wish: Wish, answer: Answer, sentAtMs: number) => void;
}

const RECONNECT_MS = 50;
const SEND_AGAIN_MS = 100;
/** The contract says 5 s. */
const ANSWER_TIMEOUT_MS = 15_000;
const SEND_AGAIN_CODES = new Set<number>(SEND_AGAIN.map((name) => REJECTS[name].code));

interface Connected {
  readonly session: TextSession | BinarySession;
  readonly ask: (wish: Wish) => Promise<Answer>;
}

export class Client {
  readonly accountId: number;
  /** Requests that have no last answer yet. */
  open = 0;
  /** Answers that took longer than any client should wait. */
  overdue = 0;
  readonly #options: ClientOptions;
  readonly #mix: OrderMix;
  #connected: Connected | null = null;
  #connecting: Promise<void> | null = null;
  #isPaused = true;
  #openedAtMs = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.accountId = options.accountId;
    this.#mix = new OrderMix(options.name, options.seed, [...options.registry.assets.values()]);
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** From now on nothing is sent; what is under way still gets its answer. */
  pause(): void {
    this.#isPaused = true;
  }

  close(): void {
    this.#isPaused = true;
    this.#connected?.session.close();
  }

  /** Since when there is a connection, by the wall clock; null: there is none. */
  get openedAtMs(): number | null {
    return this.#connected?.session.isOpen === true ? this.#openedAtMs : null;
  }

  /** The next request connects again. */
  disconnect(): void {
    this.#connected?.session.close();
  }

  /** A line that is no order; null: no answer. */
  async say(line: string): Promise<string | null> {
    if (this.#connected?.session.isOpen !== true) await this.#connect();
    const session = this.#connected?.session;
    return session instanceof TextSession ? await session.request(line).catch(() => null) : null;
  }

  /** Does nothing while there is no connection. */
  sendNext(): void {
    if (this.#connected === null || !this.#connected.session.isOpen) void this.#connect();
    else void this.#carry(this.#mix.next(Date.now()));
  }

  /** Resolves when it has its last answer. */
  placeResting(): Promise<void> {
    return this.#carry(this.#mix.nextResting());
  }

  async #carry(wish: Wish): Promise<void> {
    this.open++;
    while (!this.#isPaused) {
      const sentAtMs = performance.now();
      const answer = await this.#ask(wish);
      if (answer !== null) {
        this.#options.onAnswer(this, wish, answer, sentAtMs);
        if (answer.kind === "acknowledged") this.#mix.acknowledged(wish, answer.logId);
        if (!isUnknown(answer) && !(answer.kind === "refused" && SEND_AGAIN_CODES.has(answer.code))) break;
      }
      await pausedFor(SEND_AGAIN_MS);
    }
    this.open--;
  }

  /** Null: not sent, there is no connection. */
  async #ask(wish: Wish): Promise<Answer | null> {
    if (this.#connected?.session.isOpen !== true) await this.#connect();
    const connected = this.#connected;
    if (connected?.session.isOpen !== true) return null;
    const overdue = setTimeout(() => {
      this.overdue++;
      connected.session.close();
    }, patience(ANSWER_TIMEOUT_MS));
    try {
      return await connected.ask(wish);
    } catch (error) {
      if (error instanceof SessionLost) return { kind: "lost" };
      throw error;
    } finally {
      clearTimeout(overdue);
    }
  }

  #connect(): Promise<void> {
    this.#connecting ??= this.#tryToConnect().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async #tryToConnect(): Promise<void> {
    const { address, account, isText, registry, loginOption } = this.#options;
    try {
      if (isText) {
        const session = await TextSession.open(address, account, loginOption);
        this.#openedAtMs = Date.now();
        this.#connected = { session, ask: async (wish) => answerOfLine(await session.request(lineOf(wish, registry))) };
      } else {
        const session = await BinarySession.open(address, account);
        this.#connected = { session, ask: async (wish) => answerOfMessage(await session.request(messageOf(wish))) };
      }
    } catch {
      await pausedFor(RECONNECT_MS);
    }
  }
}

function answerOfLine(line: string): Answer {
  const [kind, number, ...words] = line.split(" ");
  if (kind === "ACK") return { kind: "acknowledged", logId: logId(Number(number)) };
  return { kind: "refused", code: Number(number), text: words.join(" ") };
}

function answerOfMessage({ ack, reject }: Awaited<ReturnType<BinarySession["request"]>>): Answer {
  if (ack !== undefined && ack !== null) return { kind: "acknowledged", logId: ack.logId as LogId };
  return { kind: "refused", code: reject?.code ?? 0, text: reject?.text ?? "" };
}
