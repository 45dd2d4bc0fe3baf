/** The one own order that somebody looks at: read when it is chosen, and again as often as it is reported on. */
import { type Signal, signal } from "@preact/signals";
import type { ReportJson } from "../../src/shared/subscriber/own-orders.js";
import type { GatewayClient } from "../feed/gateway-client.js";
import type { OrderJson, OrderStep } from "../state/order-detail.js";
import { problemText } from "../state/problem.js";

export interface OrderName {
  readonly asset: string;
  readonly orderId: number;
}

export interface OrderDetailParts {
  readonly client: Pick<GatewayClient, "ask">;
  readonly pause: (ms: number) => Promise<void>;
}

/** An order that trades all the time is read so often at most. */
const AGAIN_AFTER_MS = 500;
const FILLS_OF_A_PAGE = 500;
/** The newest that are shown. */
const FILLS_MAX = 200;

export class OrderDetail {
  /** Null: none is looked at. */
  readonly name: Signal<OrderName | null> = signal(null);
  /** Null: it was not read yet. */
  readonly order: Signal<OrderJson | null> = signal(null);
  /** Newest first. */
  readonly fills: Signal<readonly ReportJson[]> = signal([]);
  readonly steps: Signal<readonly OrderStep[]> = signal([]);
  readonly problem = signal("");
  readonly #parts: OrderDetailParts;
  /** Whose reading goes on. */
  #reading: OrderName | null = null;
  /** Something has become of it since it was read. */
  #isStale = false;

  constructor(parts: OrderDetailParts) {
    this.#parts = parts;
  }

  async look(name: OrderName): Promise<void> {
    this.close();
    this.name.value = name;
    await this.#read(name);
  }

  close(): void {
    this.name.value = null;
    this.order.value = null;
    this.fills.value = [];
    this.steps.value = [];
    this.problem.value = "";
  }

  onReport({ asset, orderId }: ReportJson): void {
    const name = this.name.value;
    if (name?.asset !== asset || name.orderId !== orderId) return;
    this.#isStale = true;
    if (this.#reading !== name) void this.#read(name);
  }

  /** One reading after the other, until nothing has changed meanwhile. */
  async #read(name: OrderName): Promise<void> {
    this.#reading = name;
    do {
      this.#isStale = false;
      await this.#readNow(name);
      await this.#parts.pause(AGAIN_AFTER_MS);
    } while (this.#isStale && this.name.value === name);
    if (this.#reading === name) this.#reading = null;
  }

  async #readNow(name: OrderName): Promise<void> {
    const { client } = this.#parts;
    const path = `/v1/orders/${encodeURIComponent(name.asset)}/${name.orderId}`;
    const isWayKnown = this.steps.value.length > 0;
    const [order, fills, way] = await Promise.all([
      client.ask<OrderJson>(path),
      client.ask<{ fills: readonly ReportJson[] }>(`${path}/fills`, {
        query: { limit: FILLS_OF_A_PAGE, next: this.fills.value[0]?.accountSequence },
      }),
      isWayKnown ? null : client.ask<{ steps: readonly OrderStep[] }>(`${path}/steps`),
    ]);
    if (this.name.value !== name) return;
    const refused = [order, fills, way].find((outcome) => outcome?.ok === false);
    this.problem.value = refused?.ok === false ? problemText(refused.problem) : "";
    if (order.ok) this.order.value = order.body;
    if (way?.ok === true) this.steps.value = way.body.steps;
    if (!fills.ok) return;
    this.fills.value = [...[...fills.body.fills].reverse(), ...this.fills.value].slice(0, FILLS_MAX);
    if (fills.body.fills.length === FILLS_OF_A_PAGE) this.#isStale = true;
  }
}
