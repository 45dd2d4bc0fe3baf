/**
 * Trace export as a service: round after round it looks at what was settled since, and sends the sampled orders' ways to the
 * collector. What the collector does not take is dropped and counted; it is tried again ever later, and nobody waits for it.
 */
import type { Counter, Gauge } from "prom-client";
import type { Bus } from "../shared/bus/bus.js";
import { MessageTimes } from "../shared/order-way/message-times.js";
import type { OrderWay, SettledOrder } from "../shared/order-way/order-way.js";
import type { Service } from "../shared/process/lifecycle.js";
import { pausedFor } from "../shared/process/waits.js";
import type { Collector } from "./collector.js";
import type { PositionFile } from "./position-file.js";
import type { SampleStore } from "./sample-store.js";
import { sampledIn, type Window } from "./sampling.js";
import { spansOf } from "./spans.js";

/** Between two rounds. Through where settlement was a round ago, subscribers have been told by now. */
const ROUND_MS = 5_000;
const BACKOFF_MAX_MS = 30_000;
/** Of an asset and a round. */
const SAMPLES_MAX = 125;
/** An asset that is so many commands behind goes on with what is new: old messages are dear to read. */
const COMMANDS_BEHIND_MAX = 50_000;
/** Orders whose messages are looked for at the same time. */
const AT_ONCE = 16;

export interface TraceExportParts {
  readonly store: SampleStore;
  /** As samplingThreshold has it. */
  readonly threshold: string;
  readonly bus: Pick<Bus, "anyCopy">;
  readonly collector: Pick<Collector, "send">;
  readonly file: PositionFile;
  readonly roundMs?: number;
}

export class TraceExport {
  readonly #service: Pick<Service, "log" | "stopping">;
  readonly #parts: TraceExportParts;
  readonly #positions: Map<string, number>;
  /** Through which command each asset was settled in the round before. */
  #settledBefore: ReadonlyMap<string, number> = new Map();
  #hasFailed = false;
  readonly #traces: Counter<"outcome">;
  readonly #skipped: Counter;
  readonly #behind: Gauge<"asset">;

  constructor(service: Pick<Service, "log" | "stopping" | "metrics">, parts: TraceExportParts) {
    this.#service = service;
    this.#parts = parts;
    this.#positions = new Map(parts.file.read());
    const { metrics } = service;
    this.#traces = metrics.counter("trace_export_traces_total", "Sampled orders, by what became of their trace", [
      "outcome",
    ]);
    for (const outcome of ["exported", "dropped"]) this.#traces.inc({ outcome }, 0);
    this.#skipped = metrics.counter(
      "trace_export_skipped_commands_total",
      "Commands that were not looked at, because the export was behind",
    );
    this.#behind = metrics.gauge("trace_export_behind_commands", "Settled commands that were not looked at yet", [
      "asset",
    ]);
  }

  /** Runs rounds until the service stops. */
  async run(): Promise<void> {
    const { roundMs = ROUND_MS } = this.#parts;
    let waitMs = roundMs;
    while (await pausedFor(waitMs, this.#service.stopping)) {
      const isWell = await this.#round().catch((err: unknown) => this.#failed(err, "the orders' ways can't be read"));
      if (isWell && this.#hasFailed) this.#service.log.info("traces are exported again");
      this.#hasFailed = !isWell;
      waitMs = isWell ? roundMs : Math.min(2 * waitMs, BACKOFF_MAX_MS);
    }
  }

  /** False: the collector did not take what it was sent. Rejects where nothing could be read. */
  async #round(): Promise<boolean> {
    const { store, threshold, bus, file } = this.#parts;
    const { through, day } = await store.settled();
    const looks = this.#windows(through).map((window) => lookAt(window, threshold));
    if (looks.length === 0) return true;
    const places = looks.flatMap(({ asset, sampled }) => sampled.map((command) => ({ asset, command })));
    const orders = places.length === 0 ? [] : await store.ordersAt(places, day);
    const isTaken = await this.#send(await waysOf(orders, new MessageTimes(bus.anyCopy)));
    for (const { asset, through } of looks) this.#positions.set(asset, through);
    file.write(this.#positions);
    return isTaken;
  }

  #windows(settled: ReadonlyMap<string, number>): Window[] {
    const windows: Window[] = [];
    for (const [asset, settledThrough] of settled) {
      const after = this.#startIn(asset, settledThrough);
      this.#behind.set({ asset }, settledThrough - after);
      const through = this.#settledBefore.get(asset) ?? after;
      if (through > after) windows.push({ asset, after, through });
    }
    this.#settledBefore = settled;
    return windows;
  }

  /** Where it goes on; with what comes from now on where it was never before, or can't be any more. */
  #startIn(asset: string, settledThrough: number): number {
    const known = this.#positions.get(asset) ?? settledThrough;
    const behind = settledThrough - known;
    if (behind > COMMANDS_BEHIND_MAX) this.#skipped.inc(behind);
    const after = behind < 0 || behind > COMMANDS_BEHIND_MAX ? settledThrough : known;
    this.#positions.set(asset, after);
    return after;
  }

  async #send(ways: readonly OrderWay[]): Promise<boolean> {
    if (ways.length === 0) return true;
    try {
      await this.#parts.collector.send(ways.flatMap(spansOf));
      this.#traces.inc({ outcome: "exported" }, ways.length);
      return true;
    } catch (err) {
      this.#traces.inc({ outcome: "dropped" }, ways.length);
      return this.#failed(err, "the collector does not take traces; they are dropped");
    }
  }

  /** Logs the first failure of several. */
  #failed(err: unknown, what: string): false {
    if (!this.#hasFailed && !this.#service.stopping.aborted) this.#service.log.warn({ err }, `${what}; trying again`);
    return false;
  }
}

async function waysOf(orders: readonly SettledOrder[], times: MessageTimes): Promise<OrderWay[]> {
  const ways: OrderWay[] = [];
  for (let from = 0; from < orders.length; from += AT_ONCE) {
    const group = orders.slice(from, from + AT_ONCE);
    ways.push(...(await Promise.all(group.map((order) => times.wayOf(order)))));
  }
  return ways;
}

/** Ends with the window, unless the limit of orders ends it before. */
function lookAt(window: Window, threshold: string): Pick<Window, "asset" | "through"> & { sampled: number[] } {
  const { asset, through } = window;
  const sampled = sampledIn(window, threshold, SAMPLES_MAX);
  return { asset, through: sampled.length < SAMPLES_MAX ? through : (sampled.at(-1) ?? through), sampled };
}
