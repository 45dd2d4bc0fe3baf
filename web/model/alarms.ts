/** Alarms on prices: set here, kept by this browser, rung by the last prices as they come. */
import { effect, type Signal, signal } from "@preact/signals";
import { parseDecimal } from "../../src/shared/domain/decimal.js";
import { keepAlarms, keptAlarms } from "../feed/kept-alarms.js";
import { ALARMS_MAX, newAlarm, type PriceAlarm, ringing } from "../state/price-alarms.js";
import type { Page } from "./page.js";

/** Bells that are kept on the page until they are read. */
const RUNG_MAX = 10;

export class Alarms {
  readonly waiting: Signal<readonly PriceAlarm[]> = signal(keptAlarms());
  /** Newest first; each stays until it is put away. */
  readonly rung: Signal<readonly PriceAlarm[]> = signal([]);
  readonly problem = signal("");
  readonly #page: Pick<Page, "asset" | "markets">;

  constructor(page: Pick<Page, "asset" | "markets">) {
    this.#page = page;
    effect(() => {
      for (const { asset, lastTicks } of page.markets.value)
        if (lastTicks.value !== null) this.#look(asset.name, lastTicks.value);
    });
  }

  /** On the asset that is looked at. */
  add(priceText: string): boolean {
    const asset = this.#page.asset.value;
    const row = this.#page.markets.value.find((market) => market.asset === asset);
    const ticks = asset === null ? "not known" : parseDecimal(priceText.trim(), asset.tick);
    const lastTicks = row?.lastTicks.value ?? null;
    this.problem.value =
      asset === null || typeof ticks === "string"
        ? `the price is ${ticks}`
        : lastTicks === null
          ? `${asset.name} has not traded yet: nothing to compare with`
          : this.waiting.value.length >= ALARMS_MAX
            ? `there are ${ALARMS_MAX} alarms: put one away`
            : "";
    if (this.problem.value !== "" || asset === null || typeof ticks === "string" || lastTicks === null) return false;
    const id = Math.max(0, ...[...this.waiting.value, ...this.rung.value].map((alarm) => alarm.id)) + 1;
    this.#set([...this.waiting.value, newAlarm(id, asset, ticks, lastTicks)]);
    return true;
  }

  remove(id: number): void {
    this.#set(this.waiting.value.filter((alarm) => alarm.id !== id));
  }

  putAway(id: number): void {
    this.rung.value = this.rung.value.filter((alarm) => alarm.id !== id);
  }

  #look(asset: string, lastTicks: number): void {
    const { rung, waiting } = ringing(this.waiting.peek(), asset, lastTicks);
    if (rung.length === 0) return;
    this.#set(waiting);
    this.rung.value = [...rung, ...this.rung.peek()].slice(0, RUNG_MAX);
  }

  #set(waiting: readonly PriceAlarm[]): void {
    this.waiting.value = waiting;
    keepAlarms(waiting);
  }
}
