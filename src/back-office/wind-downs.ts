/** Wind-downs that are under way: looked at until each is done, and not at all while there is none. */
import type { Queries } from "../shared/database/database.js";
import { isOpenDay } from "../shared/database/history-days.js";
import type { LauncherChannel } from "../shared/process/launcher-asks.js";
import type { Service } from "../shared/process/lifecycle.js";
import { pausedFor } from "../shared/process/waits.js";

const LOOK_EVERY_MS = 500;

/** An asset of a wind-down. */
export interface WindDownAsset {
  readonly windDownId: number;
  readonly orders: "keep" | "cancel";
  readonly asset: string;
  /** Whether its stored commands have what was decided. */
  readonly hasFollowed: boolean;
  /** Whether everything that its engine was told is settled. */
  readonly isSettled: boolean;
  readonly openOrders: number;
  /** Somebody has decided otherwise. */
  readonly takesOrders: boolean;
}

const UNDER_WAY = `select w.action_id as "windDownId", w.orders, a.asset,
    exists (select from order_log l where l.asset = a.asset and l.action_id >= w.action_id) as "hasFollowed",
    coalesce((select command_sequence from consumer_positions p where p.asset = a.asset and p.service = 'order-processing'), 0)
      <= coalesce((select command_sequence from consumer_positions p where p.asset = a.asset and p.service = 'trade-processing'), 0)
      as "isSettled",
    (select count(*) from orders o where o.asset = a.asset and ${isOpenDay("o")}) as "openOrders",
    exists (select from asset_states s where s.asset = a.asset and s.state in ('open', 'auction')) as "takesOrders"
  from wind_downs w join assets a on a.asset = coalesce(w.asset, a.asset)
  where w.ended_at is null order by w.action_id, a.asset`;

/** The wind-downs of these assets that can end: all is settled and nothing rests that should not, or somebody has opened an asset again. */
export function endingOf(assets: readonly WindDownAsset[]): number[] {
  const isDone = ({ orders, hasFollowed, isSettled, openOrders }: WindDownAsset) =>
    hasFollowed && isSettled && (orders === "keep" || openOrders === 0);
  return [...new Set(assets.map(({ windDownId }) => windDownId))].filter((id) => {
    const own = assets.filter(({ windDownId }) => windDownId === id);
    return own.every(isDone) || own.some(({ takesOrders }) => takesOrders);
  });
}

export class WindDowns {
  readonly #database: Queries;
  readonly #launcher: LauncherChannel | null;
  readonly #service: Pick<Service, "log" | "stopping" | "background">;
  #isLooking = false;
  #isWoken = false;

  constructor(
    database: Queries,
    launcher: LauncherChannel | null,
    service: Pick<Service, "log" | "stopping" | "background">,
  ) {
    this.#database = database;
    this.#launcher = launcher;
    this.#service = service;
  }

  /** There may be one under way. */
  wake(): void {
    this.#isWoken = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    const looking = this.#look().finally(() => {
      this.#isLooking = false;
    });
    this.#service.background("wind-downs", looking);
  }

  async #look(): Promise<void> {
    const { log, stopping } = this.#service;
    let isFailing = false;
    for (let left = 1; left > 0 || this.#isWoken; ) {
      this.#isWoken = false;
      try {
        left = await this.#endThoseThatCan();
        isFailing = false;
      } catch (err) {
        if (!isFailing) log.warn({ err }, "wind-downs can't be looked at; trying again");
        isFailing = true;
      }
      if (left > 0 && !(await pausedFor(LOOK_EVERY_MS, stopping))) return;
    }
  }

  /** Returns how many are left. */
  async #endThoseThatCan(): Promise<number> {
    const assets = await this.#database.query<WindDownAsset>(UNDER_WAY);
    const ending = endingOf(assets);
    for (const windDownId of ending) {
      const [ended] = await this.#database.query<{ outcome: string; stopsServices: boolean }>(
        `select end_wind_down($1) as outcome, (select stops_services from wind_downs where action_id = $1) as "stopsServices"`,
        [windDownId],
      );
      this.#service.log.info({ windDownId, outcome: ended?.outcome }, "a wind-down is over");
      if (ended?.outcome === "halted" && ended.stopsServices)
        stopServicesOf({ launcher: this.#launcher, service: this.#service });
    }
    return new Set(assets.map(({ windDownId }) => windDownId)).size - ending.length;
  }
}

/** Asks the launcher to end everything, this service, too; no answer is awaited. */
export function stopServicesOf({
  launcher,
  service,
}: {
  readonly launcher: LauncherChannel | null;
  readonly service: Pick<Service, "log">;
}): void {
  launcher?.ask("stop").catch((err: unknown) => service.log.warn({ err }, "the launcher did not stop the services"));
}
