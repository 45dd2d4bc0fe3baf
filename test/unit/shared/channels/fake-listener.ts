import type { Answer, Listener } from "../../../../src/shared/channels/listener.js";
import type { AccountId } from "../../../../src/shared/domain/units.js";

/** A connection that keeps what it is told; `read` says what of a payload. */
export class FakeListener<T> implements Listener {
  readonly received: T[] = [];
  readonly answers: Answer[] = [];
  readonly rooms = new Set<string>();
  isOpen = true;
  behind = false;
  cutWhy: string | null = null;
  readonly id: string;
  readonly accountId: AccountId;
  readonly #read: (event: string, payload: object) => readonly T[];

  constructor(id: string, accountId: AccountId, read: (event: string, payload: object) => readonly T[]) {
    this.id = id;
    this.accountId = accountId;
    this.#read = read;
  }

  isConnected(): boolean {
    return this.isOpen;
  }

  join(room: string): void {
    this.rooms.add(room);
  }

  leave(room: string): void {
    this.rooms.delete(room);
  }

  send(event: string, payload: object): void {
    this.received.push(...this.#read(event, payload));
  }

  isBehind(): boolean {
    return this.behind;
  }

  async hasRoom(): Promise<boolean> {
    return this.isOpen;
  }

  cut({ reason }: { readonly reason: string }): void {
    this.cutWhy = reason;
    this.isOpen = false;
  }
}
