/** What one run measures; main.ts makes the table of several. Each starts its own server, and ends it. */
import type { AccountId } from "../../src/shared/domain/units.js";
import { pausedFor, waitFor } from "../../src/shared/process/waits.js";
import { cpuBetween, readCpu } from "../../tools/load/cpu.js";
import { medianOf, percentile } from "../../tools/load/percentile.js";
import { residentMegabytes } from "../../tools/load/resident-memory.js";
import { type Contestant, type ContestantName, startContestant } from "./contestants.js";
import { Crowd } from "./crowd.js";
import type { Tally } from "./raw-client.js";
import type { Flow, Settlement } from "./settlement.js";

export interface World {
  readonly env: NodeJS.ProcessEnv;
  readonly settlement: Settlement;
  readonly seconds: number;
  /** Of the accounts of `accounts`, whose keys are fan0, fan1, …, with `REPORTS` reports each. */
  readonly accounts: readonly AccountId[];
}

export type Values = Readonly<Record<string, number>>;

export const ASSETS = ["BTC-USD", "ETH-USD", "SOL-USDC"] as const;
export const ACCOUNTS = 500;
export const REPORTS = 200;
const RESUMED_FROM = 100;
const WARM_UP_MS = 1_500;
const SETTLE_MS = 1_000;
const SINGLE_EVENTS = 11;
const SINGLE_TIMEOUT_MS = 10_000;
const REPORT_EVERY_MS = 20;
const READING_CLIENTS = 10;
const CUT_TIMEOUT_MS = 60_000;
/** What comes in, over all subscribers: more than a core can send, so that each flush is followed by the next. */
const OFFERED_PER_SECOND = 200_000;

interface Running {
  readonly server: Contestant;
  readonly crowd: Crowd;
  /** A process of its own for the few who read all they get: their times are not those of thousands beside them. */
  readonly few: Crowd;
}

async function withServer(name: ContestantName, world: World, run: (on: Running) => Promise<Values>): Promise<Values> {
  await world.settlement.commit();
  const [crowd, few] = [new Crowd(), new Crowd()];
  const server = await startContestant(name, world.env);
  try {
    return await run({ server, crowd, few });
  } finally {
    crowd.end();
    few.end();
    await server.stop();
  }
}

const trades = (assets: readonly string[]) => assets.map((asset) => ({ channel: "trades", asset }));

function open(
  { server, crowd, few }: Running,
  group: string,
  count: number,
  requests: readonly object[],
  more: { auths?: readonly object[]; isReading?: boolean } = {},
): Promise<Tally> {
  const { auths = [], isReading = false } = more;
  return (isReading ? few : crowd).ask({ kind: "open", group, port: server.port, count, auths, requests, isReading });
}

/** Runs `work` while trades flow. */
async function during<T>({ settlement }: World, flow: Flow, work: () => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const flowing = settlement.flow(flow, stopping.signal);
  try {
    return await work();
  } finally {
    stopping.abort();
    await flowing;
  }
}

/** Memory a connection, one event to all while nothing else is to do, and packets as fast as they go. */
export function delivered(
  name: ContestantName,
  world: World,
  subscribers: number,
  assets: readonly string[],
): Promise<Values> {
  return withServer(name, world, async (on) => {
    const { server, crowd } = on;
    const memory = () => residentMegabytes(server.pid) ?? Number.NaN;
    await open(on, "first", 100, trades(assets)); // whatever the first ones need of code is not a connection's
    await pausedFor(SETTLE_MS);
    const before = memory();
    await open(on, "all", subscribers, trades(assets));
    await pausedFor(SETTLE_MS);
    const kibibytes = ((memory() - before) * 1_024) / subscribers;
    await crowd.ask({ kind: "close", group: "first" });

    const lastMs: number[] = [];
    for (let at = 0; at < SINGLE_EVENTS; at++) lastMs.push(await oneEvent(world, crowd));

    const perSecond = Math.round(OFFERED_PER_SECOND / subscribers);
    const flow = { assets, perSecond, everyMs: 1_000 / perSecond };
    return await during(world, flow, async () => {
      await pausedFor(WARM_UP_MS);
      const group = [{ name, pids: [server.pid], withDescendants: false }];
      const [first, cpuBefore, startedMs] = [await tally(crowd), readCpu(group), performance.now()];
      await pausedFor(world.seconds * 1_000);
      const [last, elapsedS] = [await tally(crowd), (performance.now() - startedMs) / 1_000];
      const cores = cpuBetween(cpuBefore, readCpu(group)).use[0]?.cores ?? Number.NaN;
      const packets = last.packets - first.packets;
      return {
        packetsPerSecond: packets / elapsedS,
        cpuMicrosAPacket: (cores * elapsedS * 1e6) / packets,
        bytesAPacket: (last.bytes - first.bytes) / packets,
        lastMs: medianOf(lastMs),
        kibibytes,
      };
    });
  });
}

const tally = (crowd: Crowd, group = "all") => crowd.ask({ kind: "tally", group });

/** From the publish of one trade until the last subscriber has read it. */
async function oneEvent({ settlement }: World, crowd: Crowd): Promise<number> {
  await crowd.ask({ kind: "arm", group: "all" });
  const publishedAtMs = performance.timeOrigin + performance.now();
  await settlement.trade(ASSETS[0]);
  const isThere = async () => (await tally(crowd)).lastAtUs;
  const lastAtUs = await waitFor("the last subscriber", { deadlineMs: SINGLE_TIMEOUT_MS, everyMs: 5 }, isThere);
  return lastAtUs / 1_000 - publishedAtMs;
}

/** Own reports of one account, 50 a second, and public trades of one asset to many, some of whom are read to the letter. */
export function ownReports(world: World, subscribers: number, tradesPerSecond: number): Promise<Values> {
  return withServer("notifier", world, async (on) => {
    const { crowd, few, server } = on;
    const [account] = world.accounts;
    if (account === undefined) throw new Error("there is no account");
    await open(on, "all", subscribers - READING_CLIENTS, trades([ASSETS[0]]));
    await open(on, "readers", READING_CLIENTS, trades([ASSETS[0]]), { isReading: true });
    const auths = [{ keyId: "fan0", secret: "fan0" }];
    await open(on, "own", 1, [{ channel: "orders" }], { auths, isReading: true });
    const flow = { assets: [ASSETS[0]], perSecond: tradesPerSecond, everyMs: 5 };
    return await during(world, flow, async () => {
      await pausedFor(WARM_UP_MS);
      await tally(few, "own");
      await tally(few, "readers");
      const before = residentMegabytes(server.pid) ?? Number.NaN;
      const startedMs = performance.now();
      for (let at = 0; performance.now() - startedMs < world.seconds * 1_000; at++) {
        await world.settlement.report(account);
        await pausedFor(Math.max(0, startedMs + (at + 1) * REPORT_EVERY_MS - performance.now()));
      }
      const [own, readers] = [await tally(few, "own"), await tally(few, "readers")];
      const after = residentMegabytes(server.pid) ?? Number.NaN;
      const of = ({ latenciesUs }: Tally, share: number) => (percentile(latenciesUs, share) ?? Number.NaN) / 1_000;
      return {
        ownP50Ms: of(own, 0.5),
        ownP99Ms: of(own, 0.99),
        tradesP50Ms: of(readers, 0.5),
        tradesP99Ms: of(readers, 0.99),
        wrong: own.gaps + own.repeats + readers.gaps + readers.repeats + (await tally(crowd)).closed,
        megabytesMore: after - before,
      };
    });
  });
}

/** Some subscribers stop reading: until the last of them is told that it is cut; the memory until then; the others' p99. */
export function stalled(world: World, subscribers: number, stalling: number, flow: Flow): Promise<Values> {
  return withServer("notifier", world, async (on) => {
    const { crowd, few, server } = on;
    await open(on, "all", subscribers - stalling - READING_CLIENTS, trades(flow.assets));
    await open(on, "readers", READING_CLIENTS, trades(flow.assets), { isReading: true });
    await open(on, "stalled", stalling, trades(flow.assets));
    return await during(world, flow, async () => {
      await pausedFor(WARM_UP_MS);
      await tally(few, "readers");
      await pausedFor(WARM_UP_MS);
      const p99 = async () => (percentile((await tally(few, "readers")).latenciesUs, 0.99) ?? Number.NaN) / 1_000;
      const [p99Before, before] = [await p99(), residentMegabytes(server.pid) ?? Number.NaN];
      let most = before;
      const startedMs = performance.now();
      await crowd.ask({ kind: "stall", group: "stalled" });
      const areCut = async () => {
        most = Math.max(most, residentMegabytes(server.pid) ?? Number.NaN);
        return (await server.metric("lagged_total")) >= stalling ? true : null;
      };
      const cutMs = await waitFor("the cut", { deadlineMs: CUT_TIMEOUT_MS, everyMs: 50 }, areCut).then(
        () => performance.now() - startedMs,
        () => Number.POSITIVE_INFINITY,
      );
      return {
        cutMs,
        megabytesMore: most - before,
        othersP99Ratio: (await p99()) / p99Before,
        othersCut: (await server.metric("lagged_total")) - stalling,
      };
    });
  });
}

/** Subscribers of their own reports connect all at once, with the half of their reports that they have. */
export function resumed(world: World, subscribers: number): Promise<Values> {
  return withServer("notifier", world, async (on) => {
    const auths = Array.from({ length: ACCOUNTS }, (_, at) => ({ keyId: `fan${at}`, secret: `fan${at}` }));
    const startedMs = performance.now();
    await open(on, "own", subscribers, [{ channel: "orders", from: RESUMED_FROM }], { auths, isReading: true });
    const { gaps, repeats, items } = await on.few.ask({ kind: "reach", group: "own", sequence: REPORTS });
    const resumedMs = performance.now() - startedMs;
    const missing = subscribers * (REPORTS - RESUMED_FROM) - items;
    return { resumedMs, wrong: gaps + repeats + Math.abs(missing) };
  });
}
