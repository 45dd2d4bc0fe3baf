import { RoomMembers } from "../../shared/channels/room-members.js";
import { Packet, type Packets } from "./packet.js";

/** Who gets packets: a connection's queue. */
export interface Member {
  /** What is to be written to it next; null: nothing. */
  unwritten: Packets | null;
  /** Writes that, in one piece; returns how many bytes went to the network without a detour. */
  writeAll(): number;
}

export interface Written {
  readonly packets: number;
  readonly bytes: number;
}

/** A room of so few is served in the turn in which it is sent something, before larger ones: own reports before public data. */
const FEW = 64;
/** How long one turn of the event loop may take to write. */
const SLICE_MS = 4;
/** Connections between two looks at the clock. */
const WRITES_PER_LOOK = 32;

/**
 * Sends packets to rooms of connections: each is encoded once, and a connection gets all that gathered for it as one write. Writing
 * to thousands takes a while, so it is done in slices, between which others have their turn.
 */
export class FanOut {
  /** Gets what was written past Engine.IO, whoever wrote it. */
  readonly onWritten: (written: Written) => void;
  readonly #rooms = new RoomMembers<Member>();
  #onDelivered: () => void = () => undefined;
  #few: Member[] = [];
  #many: Member[] = [];
  #next = 0;
  #isScheduled = false;

  constructor(onWritten: (written: Written) => void) {
    this.onWritten = onWritten;
  }

  join(room: string, member: Member): void {
    this.#rooms.join(room, member);
  }

  leave(room: string, member: Member): void {
    this.#rooms.leave(room, member);
  }

  send(room: string, event: string, payload: object): void {
    const members = this.#rooms.of(room);
    if (members === undefined) return;
    const packet = new Packet(event, payload);
    const isForFew = members.size <= FEW;
    for (const member of members) {
      const { unwritten } = member;
      member.unwritten = unwritten === null ? packet.alone : unwritten.followedBy(packet);
      if (isForFew) this.#few.push(member);
      else if (unwritten === null) this.#many.push(member);
    }
    if (isForFew && this.#few.length === members.size) process.nextTick(() => this.#writeFew());
    if (!isForFew) this.#schedule();
  }

  /** Whether packets for many are still on their way out. */
  get isDelivering(): boolean {
    return this.#many.length > 0;
  }

  /** `call` is called whenever the last of them is out. */
  onDelivered(call: () => void): void {
    this.#onDelivered = call;
  }

  /** Writes everything now. */
  deliver(): void {
    this.#writeFew();
    this.#writeMany(Number.POSITIVE_INFINITY);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#writeMany(performance.now() + SLICE_MS);
    });
  }

  #writeFew(): void {
    const members = this.#few;
    this.#few = [];
    this.#write(members, 0, members.length);
  }

  #writeMany(untilMs: number): void {
    const members = this.#many;
    while (this.#next < members.length) {
      this.#next = this.#write(members, this.#next, Math.min(this.#next + WRITES_PER_LOOK, members.length));
      if (performance.now() >= untilMs) break;
    }
    if (this.#next < members.length) {
      this.#schedule();
      return;
    }
    const hadAny = members.length > 0;
    this.#many = [];
    this.#next = 0;
    if (hadAny) this.#onDelivered();
  }

  #write(members: readonly Member[], from: number, to: number): number {
    let [packets, bytes] = [0, 0];
    for (let at = from; at < to; at++) {
      const member = members[at] as Member;
      const count = member.unwritten?.count ?? 0;
      if (count === 0) continue;
      const written = member.writeAll();
      if (written > 0) packets += count;
      bytes += written;
    }
    if (packets > 0) this.onWritten({ packets, bytes });
    return to;
  }
}
