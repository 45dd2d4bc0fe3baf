/** A client of the channel `depth`, by docs/protocol.md alone: it keeps a book of texts, and checks each sequence and checksum. */
import { crc32 } from "node:zlib";
import type { Socket } from "socket.io-client";

export type Levels = [price: string, quantity: string][];

interface Answer {
  readonly ok: boolean;
  readonly code?: string;
  readonly text?: string;
}

interface Told {
  readonly previousSequence?: number;
  readonly sequence: number;
  readonly bids: Levels;
  readonly asks: Levels;
  readonly checksum: number;
}

export class BookClient {
  readonly #socket: Socket;
  readonly #asked: { readonly channel: "depth"; readonly asset: string; readonly depth: number | "full" };
  readonly #bids = new Map<string, string>();
  readonly #asks = new Map<string, string>();
  #sequence: number | null = null;
  /** Events that came, and what was wrong with them. */
  events = 0;
  readonly problems: string[] = [];

  constructor(socket: Socket, asset: string, depth: number | "full") {
    this.#socket = socket;
    this.#asked = { channel: "depth", asset, depth };
    socket.on("depth", (told) => this.#take(told));
    socket.on("disconnect", () => {
      this.#sequence = null;
    });
  }

  get sequence(): number | null {
    return this.#sequence;
  }

  /** Subscribes, again as long as the book is not known yet. */
  async begin(): Promise<void> {
    const answer = await this.#subscribe();
    if (answer.code === "UNAVAILABLE") return await this.begin();
    if (!answer.ok) throw new Error(`${answer.code}: ${answer.text}`);
  }

  /** The answer is taken where it comes in: a promise would tell of it when the first events after it may have come, too. */
  #subscribe(): Promise<Answer> {
    return new Promise((resolve) => {
      this.#socket.emit("subscribe", this.#asked, (answer: Answer & Told) => {
        if (answer.ok) {
          this.#sequence = null;
          this.#bids.clear();
          this.#asks.clear();
          this.#apply(answer);
        }
        resolve(answer);
      });
    });
  }

  get bids(): Levels {
    return [...this.#bids].sort(([a], [b]) => Number(b) - Number(a));
  }

  get asks(): Levels {
    return [...this.#asks].sort(([a], [b]) => Number(a) - Number(b));
  }

  #take(told: Told & { readonly asset: string }): void {
    if (told.asset !== this.#asked.asset || this.#sequence === null) return;
    this.events++;
    if (told.previousSequence !== this.#sequence)
      this.problems.push(`${told.sequence} comes after ${told.previousSequence}, and the book is at ${this.#sequence}`);
    this.#apply(told);
  }

  #apply({ bids, asks, sequence, checksum }: Told): void {
    for (const [side, levels] of [
      [this.#bids, bids],
      [this.#asks, asks],
    ] as const)
      for (const [price, quantity] of levels)
        if (quantity !== "0") side.set(price, quantity);
        else if (!side.delete(price)) this.problems.push(`${sequence} removes ${price}, which is not there`);
    this.#sequence = sequence;
    const digits = (text: string) => text.replace(".", "").replace(/^0+/, "");
    const best = [...this.asks.slice(0, 10), ...this.bids.slice(0, 10)];
    const own = crc32(best.map(([price, quantity]) => digits(price) + digits(quantity)).join(""));
    if (own !== checksum) this.problems.push(`the checksum at ${sequence} is ${checksum}, and the book's ${own}`);
  }
}
