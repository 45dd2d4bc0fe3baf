/** How many connections there may be: in all, and from one address. */
export interface PlaceLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
}

/** A connection's place. */
export interface Place {
  /** It listens to something: its place is not given to another any more. */
  settle(): void;
  leave(): void;
}

type Close = () => void;

interface Address {
  connections: number;
  /** Connected, and subscribed to nothing yet; the oldest first. */
  readonly idle: Set<Close>;
}

/**
 * Who has a place among the connections. When all are taken, one that is subscribed to nothing has to go for the next
 * who comes: the oldest, of the same address where that has as many as it may, else of the address that has most of them.
 */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #addresses = new Map<string, Address>();
  #total = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** Makes room for one more of this address; returns why there is none, or null. */
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

/** False: all of them are subscribed to something. */
function closeOldest(address: Address | undefined): boolean {
  const [oldest] = address?.idle ?? [];
  if (oldest === undefined) return false;
  address?.idle.delete(oldest);
  oldest();
  return true;
}
