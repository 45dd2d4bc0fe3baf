import { type Address, SessionLost, TextSession } from "./trading-session.js";

export type Fate =
  | { readonly kind: "acknowledged"; readonly logId: number }
  | { readonly kind: "refused"; readonly code: number }
  /** No answer, or one that says so: it may be in the log or not. */
  | { readonly kind: "unknown" };

export interface Request {
  readonly asset: string;
  /** Of the order that is placed, or of the one that is canceled. */
  readonly clientOrderId: string;
  readonly isCancel: boolean;
  fate: Fate;
}

const UNKNOWN_OUTCOME = 302;
const RECONNECT_MS = 20;
const IN_FLIGHT_MAX = 50;

/**
 * A client under load: a new order or a cancel every few milliseconds, without waiting for answers. It reconnects when
 * its connection breaks, and sends an order whose fate it does not know again under the same client order id.
 */
export class Trader {
  readonly requests: Request[] = [];
  readonly #account: string;
  readonly #assets: readonly string[];
  readonly #address: () => Address;
  #session: TextSession | null = null;
  #stopped = false;
  #inFlight = 0;
  #orders = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(account: string, assets: readonly string[], address: () => Address) {
    this.#account = account;
    this.#assets = assets;
    this.#address = address;
  }

  get acknowledged(): number {
    return this.requests.filter(({ fate }) => fate.kind === "acknowledged").length;
  }

  start(everyMs: number): void {
    this.#work = this.#trade(everyMs);
  }

  /** Resolves when every request has its last answer, which "unknown" may be. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
    this.#session?.close();
  }

  async #trade(everyMs: number): Promise<void> {
    const pending = new Set<Promise<void>>();
    while (!this.#stopped) {
      const session = await this.#connected();
      if (session !== null && this.#inFlight < IN_FLIGHT_MAX) {
        const sent = this.#next(session).finally(() => pending.delete(sent));
        pending.add(sent);
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    await Promise.all(pending);
  }

  // Resting and crossing orders around one price, so that there are always trades; every fifth request is a cancel.
  async #next(session: TextSession): Promise<void> {
    const number = this.#orders++;
    const asset = this.#assets[number % this.#assets.length] as string;
    if (number % 5 === 4) {
      const clientOrderId = `${this.#account}-${number - 2 * this.#assets.length - 1}`;
      return this.#ask(session, { asset, clientOrderId, isCancel: true, fate: { kind: "unknown" } });
    }
    const clientOrderId = `${this.#account}-${number}`;
    return this.#ask(session, { asset, clientOrderId, isCancel: false, fate: { kind: "unknown" } });
  }

  async #ask(session: TextSession, request: Request): Promise<void> {
    this.requests.push(request);
    this.#inFlight++;
    try {
      request.fate = await this.#answerTo(session, request);
    } finally {
      this.#inFlight--;
    }
  }

  async #answerTo(session: TextSession, request: Request): Promise<Fate> {
    const fate = await session.request(lineOf(request)).then(fateOf, lostIsUnknown);
    if (fate.kind !== "unknown" || request.isCancel || this.#stopped) return fate;
    const next = await this.#connected();
    if (next === null) return fate;
    const again = await next.request(lineOf(request)).then(fateOf, lostIsUnknown);
    // Refused now says nothing about the first time.
    return again.kind === "refused" ? { kind: "unknown" } : again;
  }

  #connecting: Promise<TextSession | null> | null = null;

  /** Null: not at the moment. */
  #connected(): Promise<TextSession | null> {
    if (this.#session?.isOpen === true) return Promise.resolve(this.#session);
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async #connect(): Promise<TextSession | null> {
    while (!this.#stopped) {
      try {
        this.#session = await TextSession.open(this.#address(), this.#account);
        return this.#session;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    }
    return null;
  }
}

function lineOf({ asset, clientOrderId, isCancel }: Request): string {
  if (isCancel) return `CANCEL ${asset} id=${clientOrderId}`;
  const number = Number(clientOrderId.split("-").at(-1));
  const side = number % 2 === 0 ? "BUY" : "SELL";
  const price = 100 + ((number * 7) % 5) - 2;
  return `${side} ${asset} ${1 + (number % 3)} ${price} id=${clientOrderId}`;
}

function fateOf(answer: string): Fate {
  const [kind, number] = answer.split(" ");
  if (kind === "ACK") return { kind: "acknowledged", logId: Number(number) };
  if (Number(number) === UNKNOWN_OUTCOME) return { kind: "unknown" };
  return { kind: "refused", code: Number(number) };
}

function lostIsUnknown(error: unknown): Fate {
  if (error instanceof SessionLost) return { kind: "unknown" };
  throw error;
}
