/** Doubts about an asset, which the process that follows it tells the one that works on it, through the keys of the leases. */
import type { PublishOutcome } from "../bus/bus.js";
import type { Logger } from "../process/log.js";
import type { Doubt } from "./asset-share.js";
import { doubtKey } from "./lease-keys.js";

const TEXT_MAX = 1_000;

export interface DoubtsOptions {
  readonly instance: string;
  readonly publish: (key: string, text: string) => Promise<PublishOutcome>;
  readonly log: Logger;
}

export class Doubts {
  readonly #options: DoubtsOptions;
  /** Of others, not returned by `take` yet. */
  readonly #told: Doubt[] = [];
  /** Of this process, by asset, not known to be stored yet. */
  readonly #toStore = new Map<string, string>();
  readonly #underWay = new Set<string>();

  constructor(options: DoubtsOptions) {
    this.#options = options;
  }

  /** Tells a doubt about an asset that this process follows. */
  tell(asset: string, why: string): void {
    this.#toStore.set(asset, `${this.#options.instance} follows it and differs: ${why}`.slice(0, TEXT_MAX));
    void this.#store(asset);
  }

  /** As a publish may be lost, call it with each heartbeat: tells each doubt again until it is known to be stored. */
  repeat(): void {
    for (const asset of this.#toStore.keys()) void this.#store(asset);
  }

  /** Notes another's doubt. */
  note(doubt: Doubt): void {
    this.#told.push(doubt);
  }

  /** The first doubt about an asset of this process; null: there is none. Doubts about others' are forgotten. */
  take(assets: ReadonlySet<string>): Doubt | null {
    const doubts = this.#told.splice(0).filter(({ asset }) => assets.has(asset));
    this.#told.push(...doubts.slice(1));
    return doubts[0] ?? null;
  }

  async #store(asset: string): Promise<void> {
    const text = this.#toStore.get(asset);
    if (text === undefined || this.#underWay.has(asset)) return;
    this.#underWay.add(asset);
    const { kind } = await this.#options.publish(doubtKey(asset), text);
    this.#underWay.delete(asset);
    if (kind === "stored") this.#toStore.delete(asset);
    else this.#options.log.warn({ asset, outcome: kind }, "a doubt about an asset is not stored yet; trying again");
  }
}
