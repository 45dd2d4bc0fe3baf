/** What everybody sees of the market: one subscription to the ticker of each asset, for all bots of the process. */
import { type Asset, stepsOf } from "../shared/subscriber/asset.js";
import { Connection, type Wanted } from "../shared/subscriber/connection.js";
import type { Health } from "../shared/subscriber/liveness.js";

/** Null: there is none. */
export interface Touch {
  readonly bestBidTicks: number | null;
  readonly bestAskTicks: number | null;
  readonly lastTicks: number | null;
}

interface TickerJson {
  readonly asset: string;
  readonly last: string | null;
  readonly bestBid: string | null;
  readonly bestAsk: string | null;
}

export class Market {
  readonly #connection: Connection;
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #touches = new Map<string, Touch>();
  #health: Health = "connecting";

  constructor(notifierUrl: string, assets: readonly Asset[]) {
    this.#assets = new Map(assets.map((asset) => [asset.name, asset]));
    this.#connection = new Connection(
      notifierUrl,
      {
        onHealth: (health) => {
          this.#health = health;
        },
        onKeyRefused: () => undefined,
        onLagged: () => undefined,
        onEvent: (channel, payload) => {
          if (channel === "ticker") this.#take(payload as TickerJson);
        },
      },
      null,
    );
    for (const asset of assets) this.#connection.follow(this.#ticker(asset.name));
  }

  /** Null: it is not known, or old. */
  touchOf(asset: string): Touch | null {
    return this.#health === "live" ? (this.#touches.get(asset) ?? null) : null;
  }

  close(): void {
    this.#connection.close();
  }

  #ticker(asset: string): Wanted {
    return {
      request: () => ({ channel: "ticker", asset }),
      onAnswer: (answer) => {
        this.#take(answer as unknown as TickerJson);
        return true;
      },
      onRefused: () => undefined,
    };
  }

  #take({ asset: name, last, bestBid, bestAsk }: TickerJson): void {
    const asset = this.#assets.get(name);
    if (asset === undefined) return;
    const ticks = (text: string | null) => (text === null ? null : stepsOf(text, asset.tick));
    this.#touches.set(name, { bestBidTicks: ticks(bestBid), bestAskTicks: ticks(bestAsk), lastTicks: ticks(last) });
  }
}
