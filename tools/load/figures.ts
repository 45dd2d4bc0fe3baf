import type { Asset } from "../../src/shared/domain/assets.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { besideDisk } from "./disk-probe.js";
import { assetsFigure, compareAssets, enduranceFigures } from "./endurance-figures.js";
import { ackValues, type Bound, type Figure, reportValues, type Sample, sample } from "./figure.js";
import { tell, tellColumns } from "./figure-lines.js";
import { compareFunds, fundsFigures } from "./funds-figures.js";
import { startHandlerOnly } from "./handler-only.js";
import { idleFigure } from "./idle-figure.js";
import type { LoadOptions } from "./load-run.js";
import { measuredRun } from "./measured-run.js";
import { pipeThroughNetcat } from "./netcat.js";
import { type Own, startOwnPipeline } from "./own-pipeline.js";
import type { Target } from "./target.js";

export interface FiguresOptions {
  readonly assets: readonly Asset[];
  readonly runs: number;
  readonly only: string;
  readonly isJson: boolean;
}

const SETTLE_PAUSE_MS = 2_000;
const NETCAT_ORDERS = 10_000;

/** Measures everything that is promised about speed; false: something is missed. */
export async function runFigures(options: FiguresOptions): Promise<boolean> {
  const isWanted = ({ name }: Pick<Figure, "name">) => name.includes(options.only);
  const alone = handlerFigures(options).filter(isWanted);
  const whole = pipelineFigures(options).filter(isWanted);
  const kept = [];
  if (!options.isJson) tellColumns();
  if (whole.length > 0) kept.push(await measureAll(whole, await startOwnPipeline(), options));
  if (alone.length > 0) kept.push(await measureAll(alone, await startHandlerOnly(), options));
  const compared = fundsFigures(loadOf(options.assets)).filter(isWanted);
  if (compared.length > 0) {
    const samples = await compareFunds(compared, options.runs);
    for (const [index, figure] of compared.entries()) kept.push(tell(figure, samples[index] ?? [], options.isJson));
  }
  const crowd = [assetsFigure].filter(isWanted);
  for (const figure of crowd)
    kept.push(tell(figure, await compareAssets(loadOf(options.assets), options.runs), options.isJson));
  return kept.every(Boolean);
}

async function measureAll(figures: readonly Figure[], own: Own, options: FiguresOptions): Promise<boolean> {
  let isKept = true;
  try {
    for (const figure of figures) {
      const samples: Sample[] = [];
      for (let run = 0; run < options.runs; run++) {
        await pausedFor(SETTLE_PAUSE_MS);
        samples.push(await figure.run(own.target));
      }
      isKept = tell(figure, samples, options.isJson) && isKept;
    }
  } finally {
    await own.stop();
  }
  return isKept;
}

function pipelineFigures({ assets }: FiguresOptions): Figure[] {
  const load = loadOf(assets);
  return [
    idleFigure,
    {
      name: "1,000/s",
      bounds: [
        ...ackBounds({ p50: [1.5, 0.8], p99: [7, 5] }),
        ...reportBounds({ p50: [12, 7], p99: [30, 20] }),
        { name: "CPU, all processes", unit: "% of machine", needed: 65, aim: 40 },
      ],
      run: besideDisk(async (target) => {
        const measured = await measuredRun(target, { ...load, ratePerSecond: 1_000, seconds: 20 });
        return sample(measured, [...ackValues(measured), ...reportValues(measured), measured.cpu.shareOfMachine * 100]);
      }),
    },
    {
      name: "5,000/s",
      bounds: [...ackBounds({ p50: [4, 2], p99: [16, 10] }), ...reportBounds({ p50: [25, 15], p99: [60, 40] })],
      run: besideDisk(async (target) => {
        const measured = await measuredRun(target, { ...load, ratePerSecond: 5_000, seconds: 20 });
        return sample(measured, [...ackValues(measured), ...reportValues(measured)]);
      }),
    },
    {
      name: "5,000/s for 60 s",
      bounds: [{ name: "last ACK → last row", unit: "ms", needed: 1_000, aim: 1_000 }],
      run: async (target) => {
        const measured = await measuredRun(target, { ...load, ratePerSecond: 5_000, seconds: 60, warmupSeconds: 0 });
        return sample(measured, [measured.settlement?.settledAfterMs ?? Number.POSITIVE_INFINITY]);
      },
    },
    ...enduranceFigures(load),
    {
      name: "one nc, 10,000 orders",
      bounds: [{ name: "all answered, in order", unit: "ms", needed: 2_000, aim: 1_000 }],
      run: netcatRun,
    },
  ];
}

function handlerFigures({ assets }: FiguresOptions): Figure[] {
  const load = { ...loadOf(assets), withReports: false };
  return [
    {
      name: "20,000/s, handler and NATS alone",
      bounds: [{ name: "order → ACK p99", unit: "ms", needed: 15, aim: 8 }],
      run: besideDisk(async (target) => {
        const measured = await measuredRun(target, { ...load, ratePerSecond: 20_000, seconds: 15 });
        return sample(measured, [measured.outcome.timing.acknowledged.summary().p99]);
      }),
    },
  ];
}

function loadOf(assets: readonly Asset[]): LoadOptions {
  const accounts = ["random1", "random2"] as const;
  const plain = { isText: false, withClientOrderIds: false, withReports: true, seed: 1 };
  return { ratePerSecond: 1_000, seconds: 20, warmupSeconds: 3, connections: 50, assets, accounts, ...plain };
}

async function netcatRun(target: Target): Promise<Sample> {
  const { elapsedMs, answered, isInOrder } = await pipeThroughNetcat(target, NETCAT_ORDERS);
  const broken = [];
  if (answered !== NETCAT_ORDERS) broken.push(`${answered} of ${NETCAT_ORDERS} lines were answered`);
  if (!isInOrder) broken.push("the answers were not all ACKs in order");
  return { values: [elapsedMs], broken };
}

type Goals = { readonly p50: readonly [number, number]; readonly p99: readonly [number, number] };

function ackBounds(goals: Goals): Bound[] {
  return percentileBounds("order → ACK", goals);
}

function reportBounds(goals: Goals): Bound[] {
  return percentileBounds("order → own report", goals);
}

function percentileBounds(name: string, { p50, p99 }: Goals): Bound[] {
  return [
    { name: `${name} p50`, unit: "ms", needed: p50[0], aim: p50[1] },
    { name: `${name} p99`, unit: "ms", needed: p99[0], aim: p99[1] },
  ];
}
