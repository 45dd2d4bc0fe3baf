/** What a book holds of memory, and what a million commands leave for the garbage collector. */

import { type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import {
  createEngine,
  type Engine,
  HAS_DISPLAY,
  HAS_EXPIRY,
  HAS_PRICE,
  HAS_QUANTITY,
  OrderTerms,
  restoreEngine,
  TIMES_IN_FORCE,
} from "@bourse/matching-core";
import { mulberry32 } from "../packages/matching-core/test/support/random-flow.js";
import { pausedFor } from "../src/shared/process/waits.js";
import { medianOf } from "../tools/load/percentile.js";
import { BourseEngine, ENGINE_OPTIONS } from "./bourse-engine.js";
import { type BenchSize, collectGarbage, elapsedNs, type Measurement } from "./measurement.js";
import type { Stream } from "./streams.js";

const BOURSE = { stream: "", engine: "bourse", runs: 1, hash: null };
const EMPTY_BOOKS = 50;

export function measureMemory({ orders, isSmoke }: BenchSize): Measurement[] {
  const books: Engine[] = [];
  const empty = bytesOf(() => {
    for (let i = 0; i < EMPTY_BOOKS; i++) books.push(createEngine(ENGINE_OPTIONS));
  });
  const plain = bytesOf(() => books.push(fill(orders, false)));
  const all = bytesOf(() => books.push(fill(orders, true)));
  const [unit, stream] = ["bytes an order", isSmoke ? "smoke" : "1,000,000 orders"];
  return [
    { bench: "memory", ...BOURSE, stream: "empty book", unit: "KiB", value: empty / EMPTY_BOOKS / 1_024 },
    { bench: "memory", ...BOURSE, stream: `${stream}, limit GTC`, unit, value: plain / orders },
    { bench: "memory", ...BOURSE, stream: `${stream}, iceberg GTD`, unit, value: all / orders },
  ];
}

/** Orders of 1,000 accounts on 2,000 prices; with every field that an order can have, or with the usual ones. */
function fill(orders: number, withAllFields: boolean): Engine {
  const engine = createEngine(ENGINE_OPTIONS);
  const draw = mulberry32(1);
  const terms = new OrderTerms();
  terms.has = HAS_QUANTITY | HAS_PRICE | (withAllFields ? HAS_DISPLAY | HAS_EXPIRY : 0);
  terms.timeInForce = TIMES_IN_FORCE.indexOf(withAllFields ? "GTD" : "GTC");
  terms.displayLots = 5;
  for (let id = 1; id <= orders; id++) {
    terms.side = draw() % 2;
    terms.priceTicks = terms.side === 0 ? 100_000 - (draw() % 1_000) : 100_001 + (draw() % 1_000);
    terms.quantityLots = 10 + (draw() % 100);
    terms.expiresAtMs = 1_000_000 + (draw() % 1_000_000);
    engine.begin(id, 1);
    engine.from(id, 1 + (draw() % 1_000), 1);
    engine.place(terms);
    engine.end();
    engine.events.drop();
  }
  return engine;
}

function bytesOf(work: () => void): number {
  const before = bytesInUse();
  work();
  return bytesInUse() - before;
}

function bytesInUse(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** On a book that is warm and full: nothing but the stream's own commands. */
export async function measureGarbage(stream: Stream): Promise<Measurement[]> {
  const contestant = new BourseEngine();
  new BourseEngine().play(stream, 0, stream.length);
  contestant.play(stream, 0, stream.prefill);
  collectGarbage();
  await pausedFor(50);
  const pauses: { kind: number; ms: number }[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as PerformanceEntry & { detail: { kind: number } }).detail;
      pauses.push({ kind, ms: entry.duration });
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  contestant.play(stream, stream.prefill, stream.length);
  await pausedFor(50);
  observer.disconnect();
  const MAJOR = 4;
  const base = { bench: "garbage", ...BOURSE, stream: stream.name };
  return [
    { ...base, unit: "major collections", value: pauses.filter(({ kind }) => (kind & MAJOR) !== 0).length },
    { ...base, unit: "ms in all", value: pauses.reduce((sum, { ms }) => sum + ms, 0) },
  ];
}

export function measureSnapshot({ orders, runs }: BenchSize): Measurement[] {
  const engine = fill(orders, false);
  const hash = engine.stateHash();
  const [written, restored]: [number[], number[]] = [[], []];
  let sameHash = true;
  let bytes = 0;
  for (let run = 0; run <= runs; run++) {
    collectGarbage();
    let snapshot: Uint8Array = new Uint8Array(0);
    let copy = engine;
    const writtenNs = elapsedNs(() => {
      snapshot = engine.snapshot();
    });
    collectGarbage();
    const restoredNs = elapsedNs(() => {
      copy = restoreEngine(ENGINE_OPTIONS, snapshot);
    });
    sameHash &&= copy.stateHash() === hash;
    bytes = snapshot.length;
    if (run === 0) continue; // the warm-up
    written.push(writtenNs / 1e6);
    restored.push(restoredNs / 1e6);
  }
  const base = { bench: "snapshot", ...BOURSE, stream: `${orders} orders`, runs, hash: sameHash ? hash : "another" };
  return [
    { ...base, unit: "ms to write", value: medianOf(written) },
    { ...base, unit: "ms to restore", value: medianOf(restored) },
    { ...base, unit: "MiB", value: bytes / 2 ** 20 },
  ];
}
