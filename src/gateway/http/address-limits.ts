import type { Server } from "node:http";
import type { Socket } from "node:net";
import { networkOf } from "../../shared/access/wrong-logins.js";
import { type Refusal, refuse } from "../../shared/domain/rejects.js";
import { TokenBucket } from "../../shared/process/token-bucket.js";

export interface AddressLimitSizes {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly requestsPerSecondMax: number;
}

const TOO_MANY = refuse("RATE_LIMITED", "too many requests came from your address, nothing was done; slow down");
const ADDRESSES_MAX = 100_000;

/** What one address may have: connections at a time, and requests a second. A proxy that is trusted stands for many. */
export class AddressLimits {
  readonly #sizes: AddressLimitSizes;
  readonly #isProxy: (address: string) => boolean;
  /** Open connections by network. */
  readonly #connections = new Map<string, number>();
  readonly #rates = new Map<string, TokenBucket>();
  #open = 0;

  constructor(sizes: AddressLimitSizes, isProxy: (address: string) => boolean) {
    this.#sizes = sizes;
    this.#isProxy = isProxy;
  }

  /** Ends connections that are too many, the newest first: who has one keeps it. */
  guard(server: Server): void {
    server.on("connection", (socket: Socket) => {
      const address = socket.remoteAddress ?? "";
      const network = networkOf(address);
      const ofNetwork = this.#connections.get(network) ?? 0;
      const isTooMuch = ofNetwork >= this.#sizes.connectionsPerAddressMax && !this.#isProxy(address);
      if (isTooMuch || this.#open >= this.#sizes.connectionsMax) {
        socket.destroy();
        return;
      }
      this.#count(network, 1);
      socket.once("close", () => this.#count(network, -1));
    });
  }

  /** Counts a request; null: it may go on. */
  refusalOf(address: string, nowMs: number): Refusal | null {
    const network = networkOf(address);
    let rate = this.#rates.get(network);
    if (rate === undefined) {
      const perSecond = this.#sizes.requestsPerSecondMax;
      rate = new TokenBucket({ perSecond, burst: 2 * perSecond }, nowMs);
      this.#rates.set(network, rate);
      const [oldest] = this.#rates.keys();
      if (this.#rates.size > ADDRESSES_MAX && oldest !== undefined) this.#rates.delete(oldest);
    }
    return rate.take(nowMs) ? null : TOO_MANY;
  }

  /** How full it is with connections; 1: further ones are ended. */
  get fill(): number {
    return this.#open / this.#sizes.connectionsMax;
  }

  /** Forgets addresses that sent nothing for a while. */
  sweep(nowMs: number): void {
    for (const [network, rate] of this.#rates) if (rate.isFull(nowMs)) this.#rates.delete(network);
  }

  #count(network: string, change: 1 | -1): void {
    this.#open += change;
    const ofNetwork = (this.#connections.get(network) ?? 0) + change;
    if (ofNetwork === 0) this.#connections.delete(network);
    else this.#connections.set(network, ofNetwork);
  }
}
