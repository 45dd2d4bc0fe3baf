import { OWNER, OWNER_NEXT, OWNER_PREVIOUS, ROW_INTS } from "./order-layout.js";
import type { OrderTable } from "./order-table.js";
import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

const FIRST_CAPACITY = 64;

/**
 * Accounts that have had open orders, by numbers that fit into an order's row. An owner is an account on one side of the book:
 * account number * 2 + side. Each owner has a list of its open orders, oldest first: an order joins it once, when it comes, and
 * leaves it when it ends. Accounts stay: there are never more than have an API key.
 */
export class Owners {
  readonly #rows: OrderTable;
  /** Account ids by account number, from 1. */
  accountIds = new Float64Array(FIRST_CAPACITY);
  /** The first and the last order of each owner. */
  #lists = new Int32Array(FIRST_CAPACITY * 4);
  /** Account numbers by hash of the id, at most half full. */
  #table = new Int32Array(FIRST_CAPACITY * 2);
  #count = 0;

  constructor(rows: OrderTable) {
    this.#rows = rows;
  }

  get byteLength(): number {
    return this.accountIds.byteLength + this.#lists.byteLength + this.#table.byteLength;
  }

  /** The account's number; 0: it never had an open order. */
  find(accountId: number): number {
    return this.#table[this.#place(accountId)] as number;
  }

  findOrAdd(accountId: number): number {
    const place = this.#place(accountId);
    const known = this.#table[place] as number;
    if (known !== 0) return known;
    const account = ++this.#count;
    this.#table[place] = account;
    if (account >= this.accountIds.length) this.#grow();
    this.accountIds[account] = accountId;
    if (this.accountIds.length > this.#table.length / 2) this.#rehash();
    return account;
  }

  first(owner: number): number {
    return this.#lists[owner * 2] as number;
  }

  join(slot: number, owner: number): void {
    const { ints } = this.#rows;
    const last = this.#lists[owner * 2 + 1] as number;
    const at = slot * ROW_INTS;
    ints[at + OWNER] = owner;
    ints[at + OWNER_NEXT] = 0;
    ints[at + OWNER_PREVIOUS] = last;
    this.#lists[owner * 2 + 1] = slot;
    if (last === 0) this.#lists[owner * 2] = slot;
    else ints[last * ROW_INTS + OWNER_NEXT] = slot;
  }

  leave(slot: number): void {
    const { ints } = this.#rows;
    const at = slot * ROW_INTS;
    const next = ints[at + OWNER_NEXT] as number;
    const previous = ints[at + OWNER_PREVIOUS] as number;
    const list = (ints[at + OWNER] as number) * 2;
    if (previous === 0) this.#lists[list] = next;
    else ints[previous * ROW_INTS + OWNER_NEXT] = next;
    if (next === 0) this.#lists[list + 1] = previous;
    else ints[next * ROW_INTS + OWNER_PREVIOUS] = previous;
  }

  save(out: SnapshotWriter): void {
    out.numbers(this.#count);
    out.array(this.accountIds);
    out.array(this.#lists);
    out.array(this.#table);
  }

  load(from: SnapshotReader): void {
    [this.#count] = from.numbers() as [number];
    this.accountIds = from.floats();
    this.#lists = from.ints();
    this.#table = from.ints();
  }

  /** The account's place in the table, or the free one that it would take. */
  #place(accountId: number): number {
    const mask = this.#table.length - 1;
    let place = Math.imul(accountId | 0, 0x9e3779b1) & mask;
    for (;;) {
      const account = this.#table[place] as number;
      if (account === 0 || this.accountIds[account] === accountId) return place;
      place = (place + 1) & mask;
    }
  }

  #grow(): void {
    const accountIds = new Float64Array(this.accountIds.length * 2);
    accountIds.set(this.accountIds);
    this.accountIds = accountIds;
    const lists = new Int32Array(this.#lists.length * 2);
    lists.set(this.#lists);
    this.#lists = lists;
  }

  #rehash(): void {
    this.#table = new Int32Array(this.#table.length * 2);
    for (let account = 1; account <= this.#count; account++)
      this.#table[this.#place(this.accountIds[account] as number)] = account;
  }
}
