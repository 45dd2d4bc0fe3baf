/**
 * Orders over HTTP on a fixed schedule, whatever comes back, and charged as those of the load generator are. Every other one sells what
 * the next one buys, at a price that goes up and down, so that each trades and the book stays as it was.
 */
import type { Asset } from "../../src/shared/domain/assets.js";
import { formatDecimal, formatPrice } from "../../src/shared/domain/decimal.js";
import type { Latencies } from "../../tools/load/latencies.js";
import { midTicksOf } from "../../tools/load/order-flow.js";
import { OrderTiming } from "../../tools/load/order-timing.js";
import { Schedule, type ScheduleOptions } from "../../tools/load/schedule.js";
import { HttpClient } from "./http-client.js";

export interface PostsOptions extends ScheduleOptions {
  readonly url: string;
  readonly assets: readonly Asset[];
  readonly connections: number;
  readonly wait: "ack" | "result";
}

export interface PostsOutcome {
  /** From an order's plan to its answer. */
  readonly answered: Latencies;
  readonly orders: number;
  /** Each a sentence. */
  readonly broken: readonly string[];
}

const TICK_MS = 1;
const STEPS = 20;

export async function postOrders(options: PostsOptions): Promise<PostsOutcome> {
  const schedule = new Schedule(options);
  const timing = new OrderTiming(schedule);
  const client = new HttpClient(options.url, options.connections);
  const orderAt = ordersOf(options.assets);
  const broken: string[] = [];
  const answers: Promise<void>[] = [];
  const startMs = performance.now() + 10;
  const send = async (order: number): Promise<void> => {
    const { key, body } = orderAt(order);
    timing.sent(order, startMs + schedule.plannedMs(order), performance.now());
    const answer = await client.ask(key, "POST", `/v1/orders?wait=${options.wait}`, body);
    const atMs = performance.now();
    if (answer.status === (options.wait === "ack" ? 202 : 200)) timing.answered(order, atMs);
    else broken.push(`an order was answered ${answer.status}: ${answer.body.text}`);
  };
  try {
    for (let next = 0; next < schedule.orders; ) {
      while (next < schedule.orders && schedule.plannedMs(next) <= performance.now() - startMs)
        answers.push(send(next++).catch((error: Error) => void broken.push(`an order was lost: ${error.message}`)));
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    await Promise.all(answers);
  } finally {
    client.close();
  }
  return { answered: timing.acknowledged, orders: schedule.orders, broken: [...new Set(broken)] };
}

function ordersOf(assets: readonly Asset[]) {
  const mids = midTicksOf(assets);
  return (order: number): { readonly key: string; readonly body: object } => {
    const pair = order >> 1;
    const index = pair % assets.length;
    const { asset, tick, lot } = assets[index] as Asset;
    const price = formatPrice((mids[index] ?? 0) + (pair % STEPS), tick);
    const terms = { asset, quantity: formatDecimal(1, lot), price };
    return order % 2 === 0
      ? { key: "random1", body: { ...terms, side: "sell" } }
      : { key: "random2", body: { ...terms, side: "buy" } };
  };
}
