/** What is promised of the gateway: each figure by itself, on a pipeline that runs. */
import type { Asset } from "../../src/shared/domain/assets.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { type CpuReading, cpuBetween, readCpu } from "../../tools/load/cpu.js";
import { besideDisk } from "../../tools/load/disk-probe.js";
import { calmDown, type Figure, type Sample } from "../../tools/load/figure.js";
import { cpuGroups, LOAD_GENERATOR, measuredRun } from "../../tools/load/measured-run.js";
import { residentMegabytes } from "../../tools/load/resident-memory.js";
import type { Target } from "../../tools/load/target.js";
import { USUAL_LOAD } from "../usual-load.js";
import { depthFlood } from "./depth-flood.js";
import { HttpClient } from "./http-client.js";
import { postOrders } from "./order-posts.js";
import { readOwnWrites } from "./read-own-writes.js";

export interface GatewayFiguresOptions {
  readonly url: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** How often an order is placed and looked for. */
  readonly times: number;
}

const CONNECTIONS = 20;
const DEPTH_ASSET = "KCN-EUR";
const DEPTH_LEVELS = 100;
const MICROSECONDS = 1_000_000;

export function gatewayFigures(options: GatewayFiguresOptions): Figure[] {
  const { url, ratePerSecond } = options;
  const { assets } = USUAL_LOAD;
  const posts = { ...options, assets, connections: CONNECTIONS };
  return [
    {
      name: "idle",
      bounds: [
        { name: "memory", unit: "MB", needed: 120, aim: 120 },
        { name: "CPU", unit: "% of a core", needed: 1, aim: 1 },
      ],
      run: (target) => idle(target, options.seconds),
    },
    {
      name: `POST /v1/orders at ${ratePerSecond}/s`,
      bounds: [
        { name: "order → ACK p50", unit: "ms", needed: 3, aim: 2 },
        { name: "order → ACK p99", unit: "ms", needed: 15, aim: 10 },
      ],
      run: besideDisk((target) =>
        watched(target, async () => {
          const { answered, broken } = await postOrders({ ...posts, wait: "ack" });
          const { p50, p99 } = answered.summary();
          return { values: [p50, p99], broken };
        }),
      ),
    },
    {
      name: `wait=result at ${ratePerSecond / 2}/s, beside as many over TCP`,
      bounds: [{ name: "p50, above that of TCP's own report", unit: "ms", needed: 3, aim: 1.5 }],
      run: (target) => resultsBesideTcp(target, { ...posts, wait: "result", ratePerSecond: ratePerSecond / 2 }),
    },
    {
      name: `${options.times} × order with result, open orders, balance`,
      bounds: [{ name: "answered and not there", unit: "orders", needed: 0, aim: 0 }],
      run: async (target) =>
        watched(target, async () => {
          const missing = await readOwnWrites(url, options.times);
          return { values: [missing.length], broken: missing.slice(0, 3) };
        }),
    },
    {
      name: `GET depth of ${DEPTH_LEVELS} levels`,
      bounds: [{ name: "a core's time for one; 125 are 8,000/s", unit: "µs", needed: 125, aim: 66.7 }],
      run: (target) => depths(target, options),
    },
  ];
}

async function idle(target: Target, seconds: number): Promise<Sample> {
  await calmDown();
  const { cores } = await gatewayUse(target, () => pausedFor(seconds * 1_000));
  return { values: [residentMegabytes(gatewayPid(target)) ?? Number.POSITIVE_INFINITY, cores * 100], broken: [] };
}

async function resultsBesideTcp(target: Target, posts: Parameters<typeof postOrders>[0]): Promise<Sample> {
  const { ratePerSecond, seconds, warmupSeconds } = posts;
  const tcp = { ...USUAL_LOAD, ratePerSecond, seconds, warmupSeconds, seed: 1 };
  const started: { over?: ReturnType<typeof postOrders> } = {};
  const { outcome, cpu } = await measuredRun(target, tcp, () => {
    started.over = postOrders(posts);
  });
  const { answered, broken = [] } = (await started.over) ?? {};
  const { unanswered, reportsMissing } = outcome;
  const missing =
    unanswered + reportsMissing === 0 ? [] : [`${unanswered} ACKs and ${reportsMissing} reports are missing`];
  const above = (answered?.summary().p50 ?? Number.POSITIVE_INFINITY) - outcome.timing.reported.summary().p50;
  return { values: [above], broken: [...broken, ...missing], othersShare: cpu.machineBusy - cpu.shareOfMachine };
}

/** Of the busy gateway alone: what one core could answer, whoever else is on the machine. */
async function depths(target: Target, { url, seconds }: GatewayFiguresOptions): Promise<Sample> {
  const path = `/v1/depth/${DEPTH_ASSET}?levels=${DEPTH_LEVELS}`;
  await fillBook(url);
  const flood = depthFlood(url, path, CONNECTIONS);
  await flood.run(1);
  let answered = 0;
  const { cores, elapsedSeconds } = await gatewayUse(target, async () => {
    answered = await flood.run(seconds);
  });
  return { values: [(cores * elapsedSeconds * MICROSECONDS) / answered], broken: [] };
}

/** So many levels on either side, which do not trade. */
async function fillBook(url: string): Promise<void> {
  const { tick } = USUAL_LOAD.assets.find(({ asset }) => asset === DEPTH_ASSET) as Asset;
  const client = new HttpClient(url, CONNECTIONS);
  const place = async (side: "buy" | "sell", ticks: number) => {
    const price = (ticks * 10 ** -tick.scale * tick.units).toFixed(tick.scale);
    const order = { asset: DEPTH_ASSET, side, quantity: "1.00", price };
    const { status, body } = await client.ask("random32", "POST", "/v1/orders?wait=result", order);
    if (status !== 200) throw new Error(`an order of the book was answered ${status}: ${body.text}`);
  };
  const { body } = await client.ask("random32", "GET", `/v1/depth/${DEPTH_ASSET}?levels=${DEPTH_LEVELS}`);
  const mid = 10_000;
  try {
    if (body.bids.length === DEPTH_LEVELS && body.asks.length === DEPTH_LEVELS) return;
    for (let level = 1; level <= DEPTH_LEVELS; level++)
      await Promise.all([place("buy", mid / 2 - level), place("sell", mid * 1.5 + level)]);
  } finally {
    client.close();
  }
}

/** What the machine had to do beside us meanwhile goes with the sample. */
async function watched(target: Target, run: () => Promise<Sample>): Promise<Sample> {
  const groups = cpuGroups(target);
  const before = readCpu(groups);
  const sample = await run();
  const { machineBusy, shareOfMachine } = cpuBetween(before, readCpu(groups));
  return { ...sample, othersShare: machineBusy - shareOfMachine };
}

async function gatewayUse(target: Target, work: () => Promise<unknown>) {
  const groups = cpuGroups(target).filter(
    ({ pids, name }) => name !== LOAD_GENERATOR && pids.includes(gatewayPid(target)),
  );
  const before: CpuReading = readCpu(groups);
  await work();
  const { use, seconds } = cpuBetween(before, readCpu(groups));
  return { cores: use[0]?.cores ?? Number.POSITIVE_INFINITY, elapsedSeconds: seconds };
}

function gatewayPid({ services }: Target): number {
  return services.find(({ name }) => name === "gateway")?.pid ?? 0;
}
