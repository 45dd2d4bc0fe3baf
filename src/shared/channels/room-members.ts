/** Who is in which room. */
export class RoomMembers<Member> {
  readonly #rooms = new Map<string, Set<Member>>();

  /** Undefined: nobody is in it. */
  of(room: string): ReadonlySet<Member> | undefined {
    return this.#rooms.get(room);
  }

  join(room: string, member: Member): void {
    const members = this.#rooms.get(room);
    if (members === undefined) this.#rooms.set(room, new Set([member]));
    else members.add(member);
  }

  leave(room: string, member: Member): void {
    const members = this.#rooms.get(room);
    if (members?.delete(member) && members.size === 0) this.#rooms.delete(room);
  }
}
