/** The state of a pipeline (status-readings.ts) as text for an operator: what is wrong first, and what to do about it. Pure. */

import { visible } from "../shared/process/visible-text.js";
import { inPercent, WORKERS, workerOn } from "../shared/status/status-parts.js";
import { problemsOf } from "../shared/status/status-problems.js";
import {
  type AssetReading,
  isSilent,
  type NatsReading,
  type ServiceReading,
  type Silent,
  type StatusReadings,
} from "../shared/status/status-readings.js";
import { withThousands } from "../shared/subscriber/formats.js";
import type { Alarm } from "./alarm-history.js";
import { table, timeText } from "./command-line.js";

export interface StatusView {
  readonly now: StatusReadings;
  /** Earlier readings, for rates; null: there are none. */
  readonly before: StatusReadings | null;
  /** What was wrong while somebody looked. */
  readonly alarms: readonly Alarm[];
}

const RUNBOOK = "docs/operations.md";

export function statusText({ now, before, alarms }: StatusView): string {
  const { services, assets, nats } = now;
  const seconds = before === null ? 0 : (now.atMs - before.atMs) / 1_000;
  const blocks = [alarmsText(now, alarms), servicesTable(services, before?.services ?? [], seconds)];
  if (!isSilent(assets)) {
    const earlier = before === null || isSilent(before.assets) ? [] : before.assets;
    blocks.push(assetsTable(now, assets, earlier, seconds), workersTable(services, assets, nats));
  }
  if (!isSilent(nats)) blocks.push(streamsText(nats));
  return blocks.join("\n\n");
}

function alarmsText(now: StatusReadings, alarms: readonly Alarm[]): string {
  const sinceMs = new Map(alarms.map(({ what, sinceMs }) => [what, sinceMs]));
  const problems = problemsOf(now);
  const lines = problems.flatMap(({ what, todo, section }) => {
    const ms = now.atMs - (sinceMs.get(what) ?? now.atMs);
    return [`  ${what}${ms === 0 ? "" : ` (for ${ageText(ms)})`}`, `    → ${todo} (${RUNBOOK}, ${section})`];
  });
  const over = alarms.flatMap(({ what, sinceMs, untilMs }) =>
    untilMs === null
      ? []
      : [`  over since ${timeText(new Date(untilMs))}, after ${ageText(untilMs - sinceMs)}: ${what}`],
  );
  const found = now.differences.map(
    ({ seenAtMs, isResolved, what }) =>
      `  books differed at ${timeText(new Date(seenAtMs))}${isResolved ? ", resolved" : ", not resolved"}: ${what}`,
  );
  const headline = problems.length === 0 ? "all is well" : "not all is well:";
  return [headline, ...lines, ...over, ...found].map(visible).join("\n");
}

function servicesTable(
  services: readonly ServiceReading[],
  before: readonly ServiceReading[],
  seconds: number,
): string {
  const rows = services.map(({ name, adminUrl, waitingFor, figures }) => {
    const word = isSilent(waitingFor) ? "silent" : waitingFor.length === 0 ? "ready" : "not ready";
    const earlier = before.find((one) => one.adminUrl === adminUrl)?.figures ?? null;
    if (figures === null) return [name, word, "", "", "", "", adminUrl];
    const [fullest] = figures.queues;
    return [
      name,
      word,
      earlier === null || seconds === 0 ? "" : inPercent((figures.cpuSeconds - earlier.cpuSeconds) / seconds),
      bytesText(figures.memoryBytes),
      earlier === null ? "" : delayText(figures.delays, earlier.delays),
      fullest === undefined ? "" : `${fullest.queue} ${inPercent(fullest.fill)}`,
      adminUrl,
    ];
  });
  return table([["service", "is", "CPU", "memory", "late by", "fullest queue", "admin"], ...rows]);
}

type Delays = NonNullable<ServiceReading["figures"]>["delays"];

function delayText(now: Delays, before: Delays): string {
  const samples = now.count - before.count;
  return samples <= 0 ? "" : `${Math.round(((now.seconds - before.seconds) / samples) * 1_000)} ms`;
}

function assetsTable(
  { services, nats }: StatusReadings,
  assets: readonly AssetReading[],
  before: readonly AssetReading[],
  seconds: number,
): string {
  const openOrders = Object.assign({}, ...services.map(({ figures }) => figures?.openOrders ?? {}));
  const rows = assets.map(({ asset, state, logged, settled, reconciled }) => {
    const earlier = before.find((one) => one.asset === asset);
    const rate = earlier === undefined || seconds === 0 ? "" : rateText((logged - earlier.logged) / seconds);
    const orders: unknown = openOrders[asset];
    return [
      asset,
      state,
      rate,
      typeof orders === "number" ? withThousands(String(orders)) : "?",
      String(logged),
      isSilent(nats) ? "?" : String(nats.matched[asset] ?? 0),
      String(settled),
      String(reconciled),
    ];
  });
  return table([
    ["asset", "state", "requests/s", "open orders", "logged", "matched", "settled", "reconciled"],
    ...rows,
  ]);
}

/** Who works on what, and how long its oldest input waits. */
function workersTable(
  services: readonly ServiceReading[],
  assets: readonly AssetReading[],
  nats: NatsReading | Silent,
): string {
  const lagOf = (service: string, asset: string) =>
    services
      .filter(({ name }) => name === service)
      .flatMap(({ figures }) => figures?.lagSeconds[asset] ?? [])
      .reduce((most: number | null, seconds) => Math.max(most ?? 0, seconds), null);
  const rows = assets.map(({ asset }) => [
    asset,
    ...WORKERS.flatMap(({ service }) => {
      const lag = lagOf(service, asset);
      const name = isSilent(nats) ? "?" : (workerOn(asset, service, nats) ?? "nobody");
      return [name, lag === null ? "?" : `${lag.toFixed(1)} s`];
    }),
  ]);
  return table([["asset", ...WORKERS.flatMap(({ does }) => [does, "lag"])], ...rows]);
}

function streamsText({ streams }: NatsReading): string {
  const rows = streams.map(({ stream, bytes, bytesMax, messages, replicas }) => [
    stream,
    inPercent(bytes / bytesMax),
    `${bytesText(bytes)} of ${bytesText(bytesMax)}`,
    withThousands(String(messages)),
    replicas.map(({ server, behind }) => `${server} ${behind === 0 ? "in step" : `${behind} behind`}`).join(", "),
  ]);
  return table([["stream", "full", "size", "messages", "replicas"], ...rows]);
}

function rateText(perSecond: number): string {
  return withThousands(perSecond < 10 && perSecond > 0 ? perSecond.toFixed(1) : String(Math.round(perSecond)));
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

function bytesText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), BYTE_UNITS.length - 1);
  const size = bytes / 1024 ** power;
  return `${size < 10 && power > 0 ? size.toFixed(1) : Math.round(size)} ${BYTE_UNITS[power]}`;
}

/** "45 s", "3 min", "2 h". */
function ageText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
