/**
 * What one process of a service has read of who is there and who has what. A process is gone whose heartbeat was not seen
 * while we said and saw four of our own: nobody's clock is compared, and a server that stood still makes nobody look dead.
 */

import { type StreamSequence, streamSequence } from "../domain/units.js";
import { assetOfKey, memberKey, memberOfKey } from "./lease-keys.js";
import type { Member } from "./share-out.js";

/** Own heartbeats since another's last one was seen. */
const SILENT_BEATS_MAX = 4;

interface Key {
  readonly value: string;
  readonly sequence: StreamSequence;
  /** How many heartbeats of our own were counted when it was last seen to change. */
  readonly seenAtBeat: number;
}

export class LeaseTable {
  readonly #instance: string;
  readonly #keys = new Map<string, Key>();
  #beats = 0;
  #firstBeat: StreamSequence | null = null;
  /** The last one that was acknowledged, until it is counted. */
  #storedBeat: StreamSequence | null = null;
  #ownBeatSeen = streamSequence(0);

  constructor(instance: string) {
    this.#instance = instance;
  }

  get hasBeaten(): boolean {
    return this.#firstBeat !== null;
  }

  /** Reading has come to our own first heartbeat: so it has seen everything that was there before. */
  get isUpToDate(): boolean {
    return this.#firstBeat !== null && this.#ownBeatSeen >= this.#firstBeat;
  }

  /** The key's last change that is known; 0: none. */
  sequenceOf(key: string): StreamSequence {
    return this.#keys.get(key)?.sequence ?? streamSequence(0);
  }

  /** A key was read, or a change of our own acknowledged, in whichever order; what is older is left as it is. */
  note(key: string, value: string, sequence: StreamSequence): void {
    if (this.sequenceOf(key) >= sequence) return;
    this.#keys.set(key, { value, sequence, seenAtBeat: this.#beats });
    if (key !== memberKey(this.#instance)) return;
    this.#ownBeatSeen = sequence;
    this.#countBeat();
  }

  /** A heartbeat of our own was stored in time. */
  beatStored(sequence: StreamSequence): void {
    this.#firstBeat ??= sequence;
    this.#storedBeat = sequence;
    this.#countBeat();
  }

  /**
   * Counted when it is stored in time and read: while nothing can be read, nobody is silent; and what a server that
   * stood still stores all at once, ours maybe before others', is one heartbeat.
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
      const isAlive = id === this.#instance || this.#beats - seenAtBeat < SILENT_BEATS_MAX;
      return isAlive ? [{ id, assets: new Set(value.split(",")) }] : [];
    });
  }

  /** Who has each asset; "": nobody. */
  holders(): Map<string, string> {
    return new Map(
      [...this.#keys].flatMap(([key, { value }]) => {
        const asset = assetOfKey(key);
        return asset === null ? [] : [[asset, value]];
      }),
    );
  }
}
