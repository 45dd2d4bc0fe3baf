/**
 * Books that somebody builds to hurt. What one command does is divided by what it trades or triggers, for a small book and
 * one ten times as large: where the cost is linear, the two are close (the larger one no longer fits into the caches).
 */
import {
  createEngine,
  type Engine,
  HAS_DISPLAY,
  HAS_MINIMUM,
  HAS_PRICE,
  HAS_QUANTITY,
  HAS_STOP_PRICE,
  ORDER_TYPES,
  OrderTerms,
  SELF_TRADE_PREVENTIONS,
  TIMES_IN_FORCE,
} from "@bourse/matching-core";
import { mulberry32 } from "../packages/matching-core/test/support/random-flow.js";
import { medianOf } from "../tools/load/percentile.js";
import { ENGINE_OPTIONS } from "./bourse-engine.js";
import { type BenchSize, collectGarbage, elapsedNs, type Measurement } from "./measurement.js";

const RUNS = 3;
/** More than any attack needs: what is measured is the work, not where it is cut off. */
const EVENTS_MAX = 10_000_000;
const SLICES = 100;
/** What is refused costs the attacker nothing, and can be sent again. */
const REPEATS = 100;

interface Attack {
  readonly name: string;
  readonly small: number;
  readonly large: number;
  /** Builds the book; what it returns is timed. */
  readonly build: (driver: Driver, size: number) => () => void;
}

const ATTACKS: readonly Attack[] = [
  { name: "one order sweeps n prices over 2^50 ticks", small: 10_000, large: 100_000, build: sweepLevels },
  { name: "n orders at one price, canceled in random order", small: 100_000, large: 1_000_000, build: crowdedLevel },
  { name: "one trade triggers n stops", small: 10_000, large: 100_000, build: triggeredStops },
  { name: "one account cancels its n orders, among 10 n", small: 10_000, large: 100_000, build: cancelAll },
  { name: "n prices over 2^50 ticks, added and canceled", small: 10_000, large: 100_000, build: sparsePrices },
  { name: "one order takes n slices of icebergs at one price", small: 10_000, large: 100_000, build: slicedLevel },
  {
    name: "100 fill-or-kill orders fall short by a lot of what n orders at a price have",
    small: 10_000,
    large: 100_000,
    build: killed,
  },
  {
    name: "100 fill-or-kill orders fall short by a lot of what n prices have",
    small: 10_000,
    large: 100_000,
    build: killedFarAway,
  },
  {
    name: "100 fill-or-kill orders meet an own order behind n of others",
    small: 10_000,
    large: 100_000,
    build: killedByOwn,
  },
  {
    name: "100 minimums fall short by a lot of what n icebergs have",
    small: 500,
    large: 5_000,
    build: belowMinimum,
  },
  {
    name: "n orders leave a price whose sums are kept, an iceberg a slice",
    small: 10_000,
    large: 100_000,
    build: takenFromCrowd,
  },
];

export function measureHostile({ isSmoke }: BenchSize): Measurement[] {
  return ATTACKS.flatMap(({ name, small, large, build }) => {
    const sizes = isSmoke ? [100, 1_000] : [small, large];
    const costs = sizes.map((size) => medianOf(Array.from({ length: RUNS }, () => costOf(build, size))));
    const base = { bench: "hostile", stream: name, engine: "bourse", runs: RUNS, hash: null };
    return costs.map((value, index) => ({ ...base, unit: `ns each, n = ${sizes[index]}`, value }));
  });
}

function costOf(build: Attack["build"], size: number): number {
  const attack = build(new Driver(), size);
  collectGarbage();
  return elapsedNs(attack) / size;
}

class Driver {
  readonly engine: Engine = createEngine({
    ...ENGINE_OPTIONS,
    rulesAtStart: { ...ENGINE_OPTIONS.rulesAtStart, eventsPerCommandMax: EVENTS_MAX },
  });
  readonly terms = new OrderTerms();
  readonly draw = mulberry32(7);
  #commands = 0;

  constructor() {
    this.terms.has = HAS_QUANTITY | HAS_PRICE;
  }

  limit(side: number, quantityLots: number, priceTicks: number, account = 1): number {
    this.terms.side = side;
    this.terms.quantityLots = quantityLots;
    this.terms.priceTicks = priceTicks;
    return this.place(account);
  }

  place(account: number): number {
    const id = this.#begin(account);
    this.engine.place(this.terms);
    this.#end();
    return id;
  }

  cancel(orderId: number): void {
    this.#begin(1);
    this.engine.cancel(orderId);
    this.#end();
  }

  cancelAll(account: number): void {
    this.#begin(account);
    this.engine.cancelAll(-1);
    this.#end();
  }

  widePrice(): number {
    return 1 + (this.draw() % 2 ** 18) * 2 ** 32 + this.draw();
  }

  #begin(account: number): number {
    const id = ++this.#commands;
    this.engine.begin(id, 1);
    this.engine.from(id, account, 1);
    return id;
  }

  #end(): void {
    this.engine.end();
    this.engine.events.drop();
  }
}

function sweepLevels(driver: Driver, size: number): () => void {
  for (let i = 0; i < size; i++) driver.limit(1, 1, driver.widePrice());
  return () => driver.limit(0, size, 2 ** 52);
}

function crowdedLevel(driver: Driver, size: number): () => void {
  const ids = Float64Array.from({ length: size }, () => driver.limit(0, 1, 100));
  for (let i = size - 1; i > 0; i--) {
    const j = driver.draw() % (i + 1);
    [ids[i], ids[j]] = [ids[j] as number, ids[i] as number];
  }
  return () => {
    for (const id of ids) driver.cancel(id);
  };
}

function triggeredStops(driver: Driver, size: number): () => void {
  const { terms } = driver;
  driver.limit(1, 1, 1_000);
  terms.type = ORDER_TYPES.indexOf("stop_market");
  terms.timeInForce = TIMES_IN_FORCE.indexOf("IOC");
  terms.has = HAS_QUANTITY | HAS_STOP_PRICE;
  terms.side = 0;
  terms.quantityLots = 1;
  for (let i = 0; i < size; i++) {
    terms.stopPriceTicks = 1 + (driver.draw() % 1_000);
    driver.place(1);
  }
  terms.type = ORDER_TYPES.indexOf("limit");
  terms.has = HAS_QUANTITY | HAS_PRICE;
  return () => driver.limit(0, 1, 1_000);
}

function cancelAll(driver: Driver, size: number): () => void {
  for (let i = 0; i < 10 * size; i++) driver.limit(0, 1, 1 + (driver.draw() % 5_000), i % 10 === 0 ? 1 : 2);
  return () => driver.cancelAll(1);
}

function sparsePrices(driver: Driver, size: number): () => void {
  for (let i = 0; i < size; i++) driver.limit(0, 1, driver.widePrice());
  return () => {
    for (let i = 0; i < size; i++) driver.cancel(driver.limit(0, 1, driver.widePrice()));
  };
}

/** Each slice that is gone sends its order to the back of all others. */
function slicedLevel(driver: Driver, size: number): () => void {
  icebergs(driver, size / SLICES, 1);
  return () => driver.limit(0, size, 100, 2);
}

function killed(driver: Driver, size: number): () => void {
  for (let i = 0; i < size; i++) driver.limit(1, 1, 100);
  return () => askInVain(driver, size, 100);
}

function killedFarAway(driver: Driver, size: number): () => void {
  for (let i = 0; i < size; i++) driver.limit(1, 1, 100 + i);
  return () => askInVain(driver, size, 2 ** 40);
}

function killedByOwn(driver: Driver, size: number): () => void {
  for (let i = 0; i < size; i++) driver.limit(1, 1, 100);
  driver.limit(1, 1, 100, 2);
  driver.terms.selfTradePrevention = SELF_TRADE_PREVENTIONS.indexOf("cancel_newest");
  return () => askInVain(driver, size, 100);
}

function askInVain(driver: Driver, lotsOfOthers: number, priceTicks: number): void {
  driver.terms.timeInForce = TIMES_IN_FORCE.indexOf("FOK");
  for (let i = 0; i < REPEATS; i++) driver.limit(0, lotsOfOthers + 1, priceTicks, 2);
}

/** The icebergs hide no more slices than a command may make events, or the first event too many would end the search. */
function belowMinimum(driver: Driver, size: number): () => void {
  icebergs(driver, size, 1);
  driver.terms.has |= HAS_MINIMUM;
  driver.terms.minimumLots = size * SLICES + 1;
  return () => {
    for (let i = 0; i < REPEATS; i++) driver.limit(0, size * SLICES + 1, 100, 2);
  };
}

function takenFromCrowd(driver: Driver, size: number): () => void {
  icebergs(driver, size / SLICES, 1);
  driver.terms.timeInForce = TIMES_IN_FORCE.indexOf("FOK");
  driver.limit(0, size + 1, 100, 2);
  driver.terms.timeInForce = TIMES_IN_FORCE.indexOf("GTC");
  return () => driver.limit(0, size, 100, 2);
}

function icebergs(driver: Driver, count: number, displayLots: number): void {
  driver.terms.has |= HAS_DISPLAY;
  driver.terms.displayLots = displayLots;
  for (let i = 0; i < count; i++) driver.limit(1, SLICES * displayLots, 100);
  driver.terms.has &= ~HAS_DISPLAY;
}
