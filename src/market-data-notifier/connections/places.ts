/** Limits of the connections: in all, and from one address. */
export interface PlaceLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
}

/** A connection's place. */
export interface Place {
  /** The connection subscribes to something: from now on it does not give way to another. */
  settle(): void;
  leave(): void;
}

type Close = () => void;

interface Address {
  connections: number;
  /** The closers of connections without a subscription, the oldest first. */
  readonly idle: Set<Close>;
}

/**
 * Gives connections their places. When all are taken, the oldest connection without a subscription gives way to a new one: of
 * the same address if that has as many as it may, else of the address with most such connections.
 */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #addresses = new Map<string, Address>();
  #total = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** Makes room for one more connection of the address; returns why there is none, or null. */
  makeRoom(address: string): string | null {
    const { connectionsMax, connectionsPerAddressMax } = this.#limits;
    const own = this.#addresses.get(address);
    if (own !== undefined && own.connections >= connectionsPerAddressMax && !closeOldest(own))
      return `BUSY: ${connectionsPerAddressMax} connections are open from your address`;
    if (this.#total >= connectionsMax && !closeOldest(this.#mostIdle()))
      return `BUSY: ${connectionsMax} connections are open`;
    return null;
  }

  take(address: string, close: Close): Place {
    const own = this.#addresses.get(address) ?? { connections: 0, idle: new Set<Close>() };
    this.#addresses.set(address, own);
    own.connections += 1;
    own.idle.add(close);
    this.#total += 1;
    return {
      settle: () => own.idle.delete(close),
      leave: () => {
        own.idle.delete(close);
        own.connections -= 1;
        this.#total -= 1;
        if (own.connections === 0) this.#addresses.delete(address);
      },
    };
  }

  #mostIdle(): Address | undefined {
    let most: Address | undefined;
    for (const address of this.#addresses.values())
      if (most === undefined || address.idle.size > most.idle.size) most = address;
    return most;
  }
}

/** Closes the address's oldest connection without a subscription. False: it has none. */
function closeOldest(address: Address | undefined): boolean {
  const [oldest] = address?.idle ?? [];
  if (oldest === undefined) return false;
  address?.idle.delete(oldest);
  oldest();
  return true;
}
