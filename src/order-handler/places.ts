/**
 * Limits connections: so many in all, from an address, and of an account. Strangers (connections that have not logged in)
 * may have a quarter of the places; when these are taken, the oldest stranger gives way to a new one. Logging in takes a
 * moment, so a client gets in however many others only hold the line. Pure.
 */
import { type Refusal, refuse } from "../shared/domain/rejects.js";
import type { AccountId } from "../shared/domain/units.js";

export interface PlaceLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly sessionsPerAccountMax: number;
}

/** The strangers' share of all places, and of an address's. */
const STRANGERS_SHARE = 0.25;
/** How many addresses are remembered because a client logged in from there. */
const KNOWN_ADDRESSES_MAX = 10_000;

interface Place {
  readonly address: string;
  account: AccountId | null;
}

export class Places<Holder> {
  readonly #limits: PlaceLimits;
  readonly #places = new Map<Holder, Place>();
  /** Oldest first. */
  readonly #strangers = new Set<Holder>();
  readonly #perAddress = new Map<string, number>();
  readonly #strangersPerAddress = new Map<string, number>();
  readonly #perAccount = new Map<AccountId, number>();
  /** Addresses with a login, in the order of their last one. */
  readonly #knownAddresses = new Set<string>();

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** Why there is no place for a connection from the address, even if a stranger gives way; null: there is one. */
  refusalOf(address: string): Refusal | null {
    const { connectionsMax, connectionsPerAddressMax } = this.#limits;
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (ofAddress >= connectionsPerAddressMax && this.#strangerOf(address) === null)
      return refuse("TOO_MANY_SESSIONS", `there are ${ofAddress} sessions from ${address} already`);
    if (this.#places.size >= connectionsMax && this.#strangers.size === 0)
      return refuse("TOO_MANY_SESSIONS", `there are ${connectionsMax} sessions already`);
    return null;
  }

  /** Takes a place for a new stranger; returns the stranger that must be closed for it, if any. */
  enter(holder: Holder, address: string): Holder | null {
    const { connectionsMax, connectionsPerAddressMax } = this.#limits;
    const isAddressFull =
      count(this.#perAddress, address) >= connectionsPerAddressMax ||
      count(this.#strangersPerAddress, address) >= share(connectionsPerAddressMax);
    const isFull = this.#places.size >= connectionsMax || this.#strangers.size >= share(connectionsMax);
    const leaving = isAddressFull ? this.#strangerOf(address) : isFull ? this.#oldestStranger() : null;
    if (leaving !== null) this.leave(leaving);
    this.#places.set(holder, { address, account: null });
    this.#strangers.add(holder);
    add(this.#perAddress, address, 1);
    add(this.#strangersPerAddress, address, 1);
    return leaving;
  }

  /** Moves a stranger that has logged in to its account's places; a refusal if there is none. */
  logIn(holder: Holder, account: AccountId): Refusal | null {
    const place = this.#places.get(holder);
    if (place === undefined || place.account !== null) return null;
    const { sessionsPerAccountMax } = this.#limits;
    if (count(this.#perAccount, account) >= sessionsPerAccountMax)
      return refuse("TOO_MANY_SESSIONS", `the account has ${sessionsPerAccountMax} sessions already; close some`);
    this.#strangers.delete(holder);
    add(this.#strangersPerAddress, place.address, -1);
    place.account = account;
    add(this.#perAccount, account, 1);
    this.#remember(place.address);
    return null;
  }

  /** Frees the connection's place; may be called twice. */
  leave(holder: Holder): void {
    const place = this.#places.get(holder);
    if (place === undefined) return;
    this.#places.delete(holder);
    add(this.#perAddress, place.address, -1);
    if (place.account !== null) add(this.#perAccount, place.account, -1);
    else if (this.#strangers.delete(holder)) add(this.#strangersPerAddress, place.address, -1);
  }

  #strangerOf(address: string): Holder | null {
    if (!this.#strangersPerAddress.has(address)) return null;
    for (const stranger of this.#strangers) if (this.#places.get(stranger)?.address === address) return stranger;
    return null;
  }

  /** The oldest stranger, preferably from an address without a login. */
  #oldestStranger(): Holder | null {
    for (const stranger of this.#strangers)
      if (!this.#knownAddresses.has(this.#places.get(stranger)?.address ?? "")) return stranger;
    for (const stranger of this.#strangers) return stranger;
    return null;
  }

  #remember(address: string): void {
    this.#knownAddresses.delete(address);
    this.#knownAddresses.add(address);
    const [oldest] = this.#knownAddresses;
    if (this.#knownAddresses.size > KNOWN_ADDRESSES_MAX && oldest !== undefined) this.#knownAddresses.delete(oldest);
  }
}

function share(places: number): number {
  return Math.max(1, Math.floor(places * STRANGERS_SHARE));
}

function count<Key>(counts: ReadonlyMap<Key, number>, key: Key): number {
  return counts.get(key) ?? 0;
}

function add<Key>(counts: Map<Key, number>, key: Key, change: 1 | -1): void {
  const sum = count(counts, key) + change;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}
