import { lookEvery } from "../process/looks.js";
import type { Lagged, Rooms } from "./listener.js";
import { RoomMembers } from "./room-members.js";

/** A message to many, whose text is made once. */
export class Told {
  readonly event: string;
  readonly payload: object;
  #text: string | null = null;

  constructor(event: string, payload: object) {
    this.event = event;
    this.payload = payload;
  }

  get text(): string {
    this.#text ??= JSON.stringify({ event: this.event, data: this.payload });
    return this.#text;
  }
}

/** Who gets what is sent to a room. */
export interface Member {
  take(told: Told): void;
}

/** A member that is a connection, and so may be too slow. */
export interface SlowMember extends Member {
  readonly queuedBytes: number;
  /** Looks whether it keeps up; cuts it if not. */
  look(nowMs: number): void;
  cut(why: Lagged): void;
}

/** How often slow members are looked at where nothing changes. */
const LOOK_EVERY_MS = 250;

/** The rooms of channels in a process that has its own listeners and connections of other kinds than Socket.IO's. */
export class Audience implements Rooms {
  readonly #rooms = new RoomMembers<Member>();
  readonly #slow = new Set<SlowMember>();
  #stopLooking: (() => void) | null = null;

  /** Nothing is on its way to members when `send` has returned: each has a queue of its own. */
  readonly isDelivering = false;

  onDelivered(): void {}

  /** Watches a connection, until it is forgotten. */
  watch(member: SlowMember): void {
    this.#slow.add(member);
    this.#stopLooking ??= lookEvery(LOOK_EVERY_MS, () => this.cutSlowClients());
  }

  join(room: string, member: Member): void {
    this.#rooms.join(room, member);
  }

  leave(room: string, member: Member): void {
    this.#rooms.leave(room, member);
  }

  /** How many are in a room. */
  membersOf(room: string): number {
    return this.#rooms.of(room)?.size ?? 0;
  }

  /** Forgets a connection that is gone, which has left its rooms. */
  forget(member: SlowMember): void {
    this.#slow.delete(member);
    if (this.#slow.size > 0) return;
    this.#stopLooking?.();
    this.#stopLooking = null;
  }

  send(room: string, event: string, payload: object): void {
    const members = this.#rooms.of(room);
    if (members === undefined) return;
    const told = new Told(event, payload);
    for (const member of members) member.take(told);
  }

  cutSlowClients(): void {
    const nowMs = performance.now();
    for (const member of this.#slow) member.look(nowMs);
  }

  /** Cuts those for whom most waits, until so many bytes are given back. */
  giveBack(bytes: number): void {
    let left = bytes;
    for (const member of [...this.#slow].sort((a, b) => b.queuedBytes - a.queuedBytes)) {
      if (left <= 0) return;
      left -= member.queuedBytes;
      member.cut({ reason: "SLOW_CONSUMER", text: "too much waits for slow readers: read faster" });
    }
  }
}
