import type { AccountId } from "../domain/units.js";
import type { Audience, Member, Told } from "./audience.js";
import type { Answer, Lagged, Listener } from "./listener.js";

/** What a part of this process that follows a channel is told. None may throw. */
export interface Following {
  /** Called once: the snapshot, or why there is none. */
  readonly onAnswer: (answer: Answer) => void;
  /** Each event after the snapshot, in sequence. */
  readonly onEvent: (payload: object) => void;
  /** What follows can't be told any more: follow again. */
  readonly onCut: (why: Lagged) => void;
}

let followers = 0;

/** Follows one channel for a part of this process, which takes what it is told at once: it is never behind. */
export class Follower implements Listener, Member {
  readonly id: string;
  readonly accountId: AccountId | null;
  readonly #audience: Audience;
  readonly #following: Following;
  readonly #onEnd: () => void;
  readonly #rooms = new Set<string>();
  #hasEnded = false;

  constructor(audience: Audience, following: Following, accountId: AccountId | null, onEnd: () => void) {
    followers += 1;
    this.id = `follower ${followers}`;
    this.accountId = accountId;
    this.#audience = audience;
    this.#following = following;
    this.#onEnd = onEnd;
  }

  isConnected(): boolean {
    return !this.#hasEnded;
  }

  join(room: string): void {
    this.#rooms.add(room);
    this.#audience.join(room, this);
  }

  leave(room: string): void {
    if (this.#rooms.delete(room)) this.#audience.leave(room, this);
  }

  take({ payload }: Told): void {
    this.#following.onEvent(payload);
  }

  send(_event: string, payload: object): void {
    if (!this.#hasEnded) this.#following.onEvent(payload);
  }

  isBehind(): boolean {
    return false;
  }

  async hasRoom(): Promise<boolean> {
    return !this.#hasEnded;
  }

  cut(why: Lagged): void {
    if (this.#hasEnded) return;
    this.end();
    this.#following.onCut(why);
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnd();
    for (const room of this.#rooms) this.leave(room);
  }
}
