/** Figures of what lasts, of what is too much, and of many assets. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAssets } from "../../src/shared/domain/assets.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { calmDown, type Figure, type Sample, sample } from "./figure.js";
import type { LoadOptions } from "./load-run.js";
import { type Measured, measuredRun } from "./measured-run.js";
import { startOwnPipeline } from "./own-pipeline.js";
import { residentMegabytes } from "./resident-memory.js";
import type { Target } from "./target.js";

/** What the pipeline is meant to carry for as long as one likes. */
const SUSTAINED_PER_SECOND = 10_000;
const MANY_ASSETS = 1_000;
/** More than the pipeline keeps up with, so that its own speed is what counts. */
const CROWD_PER_SECOND = 8_000;
const CROWD_SECONDS = 10;

export function enduranceFigures(load: LoadOptions): Figure[] {
  const settled = ({ settlement }: Measured) => settlement?.settledAfterMs ?? Number.POSITIVE_INFINITY;
  const refusedOf = ({ outcome }: Measured) => [...outcome.rejected.values()].reduce((sum, count) => sum + count, 0);
  return [
    {
      name: "sustained: 10,000/s for 120 s",
      bounds: [
        { name: "last ACK → last row", unit: "ms", needed: 1_000, aim: 1_000 },
        { name: "refused", unit: "orders", needed: 0, aim: 0 },
      ],
      run: async (target) => {
        const long = { ...load, ratePerSecond: SUSTAINED_PER_SECOND, seconds: 120, warmupSeconds: 0 };
        const measured = await measuredRun(target, long);
        return sample(measured, [settled(measured), refusedOf(measured)]);
      },
    },
    {
      name: "surge: 40,000/s for 3 s after 5,000/s",
      bounds: [
        { name: "last ACK → last row", unit: "ms", needed: 6_000, aim: 2_000 },
        { name: "refused", unit: "orders", needed: 0, aim: 0 },
      ],
      run: async (target) => {
        const surge = { ...load, ratePerSecond: 40_000, seconds: 3, warmupSeconds: 3, warmupPerSecond: 5_000 };
        const measured = await measuredRun(target, surge);
        return sample(measured, [settled(measured), refusedOf(measured)]);
      },
    },
    {
      name: "twice: 20,000/s for 60 s",
      bounds: [
        { name: "order → own report p99 of what is acknowledged", unit: "ms", needed: 2_000, aim: 2_000 },
        { name: "order → ACK p99", unit: "ms", needed: Number.POSITIVE_INFINITY, aim: 100 },
        { name: "refused", unit: "% of orders", needed: 100, aim: 50 },
      ],
      run: async (target) => {
        const measured = await measuredRun(target, { ...load, ratePerSecond: 2 * SUSTAINED_PER_SECOND, seconds: 60 });
        const { timing, planned } = measured.outcome;
        const p99s = [timing.reported.summary().p99, timing.acknowledged.summary().p99];
        const told = sample(measured, [...p99s, (100 * refusedOf(measured)) / planned]);
        // To be refused is what is measured here.
        return { ...told, broken: told.broken.filter((text) => !text.endsWith("refused: 300 BUSY")) };
      },
    },
  ];
}

export const assetsFigure: Pick<Figure, "name" | "bounds"> = {
  name: "crowd: 1 → 1,000 assets",
  bounds: [
    { name: "first order → last row, against one asset", unit: "% of the time", needed: 100 / 0.7, aim: 100 / 0.9 },
    { name: "memory of all services", unit: "MB an asset", needed: 1, aim: 0.5 },
  ],
};

/** A pipeline of one asset and one of many, in turn, at the same rate over all of them. */
export async function compareAssets(load: LoadOptions, runs: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let run = 0; run < runs; run++) {
    const one = await crowdRun(load, 1);
    const many = await crowdRun(load, MANY_ASSETS);
    const memory = (many.megabytes - one.megabytes) / (MANY_ASSETS - 1);
    samples.push({ values: [(100 * many.seconds) / one.seconds, memory], broken: [...one.broken, ...many.broken] });
  }
  return samples;
}

interface CrowdRun {
  readonly seconds: number;
  readonly megabytes: number;
  readonly broken: readonly string[];
}

async function crowdRun(load: LoadOptions, count: number): Promise<CrowdRun> {
  const folder = mkdtempSync(join(tmpdir(), "bourse-assets-"));
  const file = join(folder, "assets.json");
  writeFileSync(file, JSON.stringify(assetsJson(count)));
  try {
    const own = await startOwnPipeline({ ASSETS_FILE: file });
    try {
      await calmDown();
      const { assets } = loadAssets(file);
      const crowd = { ...load, assets: [...assets.values()], ratePerSecond: CROWD_PER_SECOND, seconds: CROWD_SECONDS };
      const { broken, settlement } = await measuredRun(own.target, crowd);
      const settledAfterMs = settlement?.settledAfterMs ?? Number.POSITIVE_INFINITY;
      return { seconds: CROWD_SECONDS + settledAfterMs / 1_000, megabytes: megabytesOf(own.target), broken };
    } finally {
      await own.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function assetsJson(count: number): object {
  const { currencies } = JSON.parse(readFileSync(join(projectRoot, "config", "assets.json"), "utf8"));
  const names = Array.from({ length: count }, (_, index) => `C${index}`);
  const bases = Object.fromEntries(names.map((name) => [name, currencies.BTC]));
  const terms = { tickSize: "0.01", lotSize: "0.0001", makerFeeBps: 10, takerFeeBps: 20, referencePrice: "10" };
  return { currencies: { ...currencies, ...bases }, assets: names.map((name) => ({ asset: `${name}-USD`, ...terms })) };
}

function megabytesOf({ services }: Target): number {
  const pids = new Set(services.map(({ pid }) => pid));
  return [...pids].reduce((sum, pid) => sum + (residentMegabytes(pid) ?? 0), 0);
}
