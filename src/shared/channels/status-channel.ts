import type { AssetStatus, NotificationBatch } from "../domain/reports.js";
import type { Channel, Subscription } from "./channel.js";
import type { Listener, Rooms } from "./listener.js";

export interface StatusSource {
  /** The states that books have had since an event; an asset that is not among them has always been open. */
  bookStates(): Promise<(AssetStatus & { readonly asset: string })[]>;
}

export interface StatusChannelOptions {
  readonly assets: ReadonlyMap<string, unknown>;
  readonly rooms: Rooms;
  readonly source: StatusSource;
}

/** A state as everybody may see it; null where it was never changed. */
export interface StatusJson extends Omit<AssetStatus, "eventSequence" | "sinceUs"> {
  readonly asset: string;
  readonly sinceUs: AssetStatus["sinceUs"] | null;
}

/**
 * Channel `status`: every asset's state as its book has it, and then each change. A status is the whole truth about an asset, so
 * of several in one flush the last is told; a notification that was lost is made up for from Postgres.
 */
export class StatusChannel implements Channel {
  readonly name = "status";
  readonly isPrivate = false;
  readonly fields = [];
  readonly #options: StatusChannelOptions;
  readonly #statuses = new Map<string, AssetStatus>();
  readonly #changed = new Set<string>();

  constructor(options: StatusChannelOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.reconcile();
    this.#changed.clear(); // nobody was told another state
  }

  /** Nothing runs. */
  stop(): void {}

  /** Its `begin` answers and joins the room in one synchronous step, so that events follow the answer. */
  subscription(listener: Listener): Subscription {
    return {
      key: this.name,
      begin: (answerWith) => {
        listener.join(this.name);
        answerWith({ ok: true, statuses: this.statuses() });
      },
      end: () => listener.leave(this.name),
      isHeld: () => true,
    };
  }

  /** Of all assets, in their order. */
  statuses(): StatusJson[] {
    return [...this.#options.assets.keys()].map((asset) => statusJson(asset, this.#statuses.get(asset)));
  }

  /** Nothing to forget: a connection that is gone is in no room. */
  forget(): void {}

  offer(asset: string, { status }: Pick<NotificationBatch, "status">): void {
    if (status !== null) this.#know(asset, status);
  }

  flush(onTold: (sinceUs: number) => void): boolean {
    for (const asset of this.#changed) {
      const status = this.#statuses.get(asset);
      this.#options.rooms.send(this.name, "status", statusJson(asset, status));
      if (status !== undefined) onTold(status.sinceUs);
    }
    this.#changed.clear();
    return false;
  }

  async reconcile(): Promise<void> {
    for (const { asset, ...status } of await this.#options.source.bookStates()) this.#know(asset, status);
  }

  /** This channel keeps one state an asset. */
  giveBack(): void {}

  #know(asset: string, status: AssetStatus): void {
    if (status.eventSequence <= (this.#statuses.get(asset)?.eventSequence ?? -1)) return;
    this.#statuses.set(asset, status);
    this.#changed.add(asset);
  }
}

function statusJson(asset: string, status: AssetStatus | undefined): StatusJson {
  if (status === undefined) return { asset, state: "open", sinceUs: null, madeBy: null, why: null };
  const { state, sinceUs, madeBy, why } = status;
  return { asset, state, sinceUs, madeBy, why };
}
