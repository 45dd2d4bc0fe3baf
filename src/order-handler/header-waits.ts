/**
 * The connections of trusted proxies whose PROXY header is not there yet: so many in all and from one proxy's address; the oldest
 * gives way to the next, since a header takes a moment only. Pure.
 */
export interface HeaderWaitLimits {
  readonly waitingMax: number;
  readonly waitingPerAddressMax: number;
}

export class HeaderWaits<Holder> {
  readonly #limits: HeaderWaitLimits;
  /** By proxy's address; oldest first. */
  readonly #perAddress = new Map<string, Set<Holder>>();
  /** Oldest first, each with its proxy's address. */
  readonly #waiting = new Map<Holder, string>();

  constructor(limits: HeaderWaitLimits) {
    this.#limits = limits;
  }

  /** Returns the one that must go for it, if any. */
  enter(holder: Holder, address: string): Holder | null {
    const ofAddress = this.#perAddress.get(address) ?? new Set();
    const isAddressFull = ofAddress.size >= this.#limits.waitingPerAddressMax;
    const isFull = this.#waiting.size >= this.#limits.waitingMax;
    const leaving = isAddressFull ? oldestOf(ofAddress) : isFull ? oldestOf(this.#waiting.keys()) : null;
    if (leaving !== null) this.leave(leaving);
    this.#waiting.set(holder, address);
    this.#perAddress.set(address, ofAddress.add(holder));
    return leaving;
  }

  /** May be called twice. */
  leave(holder: Holder): void {
    const address = this.#waiting.get(holder);
    if (address === undefined) return;
    this.#waiting.delete(holder);
    const ofAddress = this.#perAddress.get(address);
    ofAddress?.delete(holder);
    if (ofAddress?.size === 0) this.#perAddress.delete(address);
  }
}

function oldestOf<Holder>(holders: Iterable<Holder>): Holder | null {
  for (const holder of holders) return holder;
  return null;
}
