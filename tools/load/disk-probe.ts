/**
 * How long one synced write takes on the disk while a figure is measured: nothing that has to be on disk is answered faster. It is
 * charged like an order: from when it was planned, also while the one before it is under way.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pausedFor } from "../../src/shared/process/waits.js";
import type { Sample } from "./figure.js";
import { Latencies } from "./latencies.js";
import type { Target } from "./target.js";

const EVERY_MS = 50;
const BYTES = Buffer.alloc(512, 1);

/** A run whose sample says what the disk did meanwhile. */
export function besideDisk(run: (target: Target) => Promise<Sample>): (target: Target) => Promise<Sample> {
  return async (target) => {
    const over = new AbortController();
    const probing = probe(over.signal);
    try {
      const sample = await run(target);
      over.abort();
      return { ...sample, syncP99Ms: (await probing).summary().p99 };
    } finally {
      over.abort();
      await probing;
    }
  };
}

async function probe(over: AbortSignal): Promise<Latencies> {
  const folder = mkdtempSync(join(tmpdir(), "bourse-disk-"));
  const file = await open(join(folder, "probe"), "w");
  const latencies = new Latencies();
  try {
    for (let plannedMs = performance.now(); !over.aborted; plannedMs += EVERY_MS) {
      await pausedFor(plannedMs - performance.now());
      await file.write(BYTES);
      await file.datasync();
      latencies.record(performance.now() - plannedMs);
    }
    return latencies;
  } finally {
    await file.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
