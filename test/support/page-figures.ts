/** What a page costs while it is updated: frames, long tasks, memory and nodes, as Chromium counts them. */
import type { CDPSession, Page } from "playwright-core";

export interface PageFigures {
  /** Of the seconds, the middle one. */
  readonly framesPerSecond: number;
  /** The same of each part of the time. */
  readonly framesOfParts: readonly number[];
  readonly longestTaskMs: number;
  /** Tasks above 50 ms. */
  readonly longTasks: number;
  /** After a collection of garbage, at the end of each part of the time. */
  readonly heapBytes: readonly number[];
  /** DOM nodes, texts included. */
  readonly nodes: number;
}

/** Counts frames by the second, and tasks above 50 ms; run in the page. */
const COUNT = `(() => {
  const counted = { frames: [], longTasksMs: [] };
  window.counted = counted;
  new PerformanceObserver((list) => counted.longTasksMs.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask", buffered: false });
  const startedMs = performance.now();
  const next = (nowMs) => {
    const second = Math.floor((nowMs - startedMs) / 1000);
    counted.frames[second] = (counted.frames[second] ?? 0) + 1;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})()`;

/** Looks for `seconds`, cut into so many `parts`. */
export async function measurePage(page: Page, seconds: number, parts: number): Promise<PageFigures> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  const heapBytes = [await heapOf(devtools)];
  await page.evaluate(COUNT);
  let nodes = 0;
  for (let part = 0; part < parts; part++) {
    await page.waitForTimeout((seconds / parts) * 1_000);
    // The last part is read before its garbage is collected: that would be a long task of ours.
    if (part < parts - 1) heapBytes.push(await heapOf(devtools));
    nodes = Math.max(nodes, await metric(devtools, "Nodes"));
  }
  const { frames, longTasksMs } = await page.evaluate<{ frames: number[]; longTasksMs: number[] }>("window.counted");
  heapBytes.push(await heapOf(devtools));
  await devtools.detach();
  const whole = frames.slice(0, -1);
  const ofPart = whole.length / parts;
  return {
    framesPerSecond: middleOf(whole),
    framesOfParts: Array.from({ length: parts }, (_, part) =>
      middleOf(whole.slice(Math.floor(part * ofPart), Math.floor((part + 1) * ofPart))),
    ),
    longestTaskMs: Math.max(0, ...longTasksMs),
    longTasks: longTasksMs.length,
    heapBytes,
    nodes,
  };
}

function middleOf(frames: readonly number[]): number {
  return [...frames].sort((a, b) => a - b)[Math.floor(frames.length / 2)] ?? 0;
}

async function heapOf(devtools: CDPSession): Promise<number> {
  await devtools.send("HeapProfiler.collectGarbage");
  return metric(devtools, "JSHeapUsedSize");
}

async function metric(devtools: CDPSession, wanted: string): Promise<number> {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
}
