/**
 * What one process has read of the members of its service and of the holders of assets. Another process counts as gone when
 * none of its heartbeats was seen while `silentBeatsMax` of our own were stored and seen. So no clocks are compared, and a
 * server that stands still makes no process look dead.
 */

import { type StreamSequence, streamSequence } from "../domain/units.js";
import { assetOfKey, memberKey, memberOfKey } from "./lease-keys.js";
import { LEASE_TIMES } from "./lease-times.js";
import type { Member } from "./share-out.js";

interface Key {
  readonly value: string;
  readonly sequence: StreamSequence;
  /** The number of our own heartbeats that were counted when the key was seen to change last. */
  readonly seenAtBeat: number;
}

export class LeaseTable {
  readonly #instance: string;
  readonly #keys = new Map<string, Key>();
  #beats = 0;
  #firstBeat: StreamSequence | null = null;
  /** The last of our own heartbeats that was acknowledged and is not counted yet. */
  #storedBeat: StreamSequence | null = null;
  #ownBeatSeen = streamSequence(0);

  constructor(instance: string) {
    this.#instance = instance;
  }

  get hasBeaten(): boolean {
    return this.#firstBeat !== null;
  }

  /** Whether our own first heartbeat was read, and so everything that was there before it. */
  get isUpToDate(): boolean {
    return this.#firstBeat !== null && this.#ownBeatSeen >= this.#firstBeat;
  }

  /** The sequence of the key's last known change; 0: none. */
  sequenceOf(key: string): StreamSequence {
    return this.#keys.get(key)?.sequence ?? streamSequence(0);
  }

  /** Notes a key that was read, or a change of our own that was acknowledged; older changes are ignored. */
  note(key: string, value: string, sequence: StreamSequence): void {
    if (this.sequenceOf(key) >= sequence) return;
    this.#keys.set(key, { value, sequence, seenAtBeat: this.#beats });
    if (key !== memberKey(this.#instance)) return;
    this.#ownBeatSeen = sequence;
    this.#countBeat();
  }

  /** Notes that a heartbeat of our own was stored in time. */
  beatStored(sequence: StreamSequence): void {
    this.#firstBeat ??= sequence;
    this.#storedBeat = sequence;
    this.#countBeat();
  }

  /**
   * Counts our heartbeat once it is stored in time and read: while nothing can be read, no process is silent. Heartbeats that
   * a server which stood still stores all at once count as one, since others' may come after ours.
   */
  #countBeat(): void {
    if (this.#storedBeat === null || this.#ownBeatSeen < this.#storedBeat) return;
    this.#storedBeat = null;
    this.#beats++;
  }

  membersAlive(): Member[] {
    return [...this.#keys].flatMap(([key, { value, seenAtBeat }]) => {
      const id = memberOfKey(key);
      if (id === null || value === "") return [];
      const isAlive = id === this.#instance || this.#beats - seenAtBeat < LEASE_TIMES.silentBeatsMax;
      return isAlive ? [{ id, assets: new Set(value.split(",")) }] : [];
    });
  }

  /** The holder of each asset; "": none. */
  holders(): Map<string, string> {
    return new Map(
      [...this.#keys].flatMap(([key, { value }]) => {
        const asset = assetOfKey(key);
        return asset === null ? [] : [[asset, value]];
      }),
    );
  }
}
