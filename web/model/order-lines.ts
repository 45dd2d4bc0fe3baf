/** The own open orders of the asset that is shown, as lines in the chart that may be dragged to another price. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Asset, priceText, stepsOf } from "../../src/shared/subscriber/asset.js";
import {
  answered,
  dragged,
  dropped,
  type LineState,
  RESTING,
  reported,
  ticksAt,
  ticksOf,
} from "../state/order-line.js";
import { problemText } from "../state/problem.js";
import type { Orders } from "./orders.js";
import type { Requests } from "./requests.js";

export interface OrderLine {
  readonly key: string;
  readonly side: string;
  readonly price: string;
  readonly text: string;
  /** Something is asked for: it can't be dragged. */
  readonly isInFlight: boolean;
}

export interface OrderLinesPage {
  readonly asset: ReadonlySignal<Asset | null>;
  readonly orders: Pick<Orders, "open">;
}

export class OrderLines {
  readonly lines: ReadonlySignal<readonly OrderLine[]>;
  /** Why the last one was put back; "": it was not. */
  readonly problem = signal("");
  readonly #page: OrderLinesPage;
  readonly #requests: Pick<Requests, "replace" | "underWay">;
  /** Lines that are not at rest, by their orders' keys. */
  readonly #states: Signal<ReadonlyMap<string, LineState>> = signal(new Map());

  constructor(page: OrderLinesPage, requests: Pick<Requests, "replace" | "underWay">) {
    this.#page = page;
    this.#requests = requests;
    this.lines = computed(() => this.#lines());
    effect(() => this.#forgetReported());
  }

  /** `value`: how high the pointer is, in the chart's numbers. */
  drag(key: string, value: number): void {
    const ticks = ticksAt(value, this.#page.asset.peek()?.tick ?? { scale: 0, units: 1 });
    const isFree = !this.#requests.underWay.peek().has(key);
    if (ticks !== null && isFree && this.#ticks(key) !== null) this.#set(key, dragged(this.#state(key), ticks));
  }

  /** Asks for the price at which the line was let go, and puts it back where that is refused. */
  async drop(key: string): Promise<void> {
    const [asset, order, ticks] = [this.#page.asset.peek(), this.#order(key), this.#ticks(key)];
    if (this.#state(key).kind !== "dragged") return;
    const isFree = ticks !== null && !this.#requests.underWay.peek().has(key);
    const state = isFree ? dropped(this.#state(key), ticks) : RESTING;
    this.#set(key, state);
    if (asset === null || order === null || state.kind !== "asked") return;
    this.problem.value = "";
    const price = priceText(asset, state.toTicks);
    const problem = await this.#requests.replace(order, order.quantity ?? "", price);
    if (problem !== null) this.problem.value = `Back at ${order.price}, not at ${price}: ${problemText(problem)}`;
    this.#set(key, answered(this.#state(key), problem === null, this.#ticks(key) ?? 0));
  }

  forget(): void {
    this.#states.value = new Map();
    this.problem.value = "";
  }

  #lines(): readonly OrderLine[] {
    const asset = this.#page.asset.value;
    if (asset === null) return [];
    return this.#page.orders.open.value.flatMap(({ key, side, asset: name, order }) => {
      const { price, leavesQuantity, quantity = "" } = order.value;
      if (name !== asset.name || price === undefined) return [];
      const state = this.#states.value.get(key) ?? RESTING;
      const shown = priceText(asset, ticksOf(state, stepsOf(price, asset.tick)));
      const isInFlight = state.kind === "asked" || state.kind === "taken" || this.#requests.underWay.value.has(key);
      const text = `${side} ${leavesQuantity ?? quantity} at ${shown}${isInFlight ? ", changing…" : ""}`;
      return [{ key, side, price: shown, text, isInFlight }];
    });
  }

  /** An order that was reported where it was asked to be, or is no longer open, has nothing more to be said of it. */
  #forgetReported(): void {
    for (const { order } of this.#page.orders.open.value) order.value;
    const states = this.#states.peek();
    const next = new Map<string, LineState>();
    for (const [key, state] of states) {
      const ticks = this.#ticks(key);
      const then = ticks === null ? RESTING : reported(state, ticks);
      if (then.kind !== "resting") next.set(key, then);
    }
    if (next.size !== states.size) this.#states.value = next;
  }

  #order(key: string) {
    return (
      this.#page.orders.open
        .peek()
        .find((row) => row.key === key)
        ?.order.peek() ?? null
    );
  }

  /** The price of an order of the asset that is shown; null: there is none. */
  #ticks(key: string): number | null {
    const [asset, order] = [this.#page.asset.peek(), this.#order(key)];
    return order?.price === undefined || order.asset !== asset?.name ? null : stepsOf(order.price, asset.tick);
  }

  #state(key: string): LineState {
    return this.#states.peek().get(key) ?? RESTING;
  }

  #set(key: string, state: LineState): void {
    const next = new Map(this.#states.peek());
    if (state.kind === "resting") next.delete(key);
    else next.set(key, state);
    this.#states.value = next;
  }
}
