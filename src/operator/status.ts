/** The state of a pipeline (status-readings.ts) as text for an operator, and the problems in it. Pure. */

import { visible } from "../shared/process/visible-text.js";
import { table } from "./command-line.js";
import {
  type AssetReading,
  isSilent,
  type NatsReading,
  type ServiceReading,
  type Silent,
  type StatusReadings,
} from "./status-readings.js";

export const STATUS_SUMMARY =
  "How the pipeline is doing: every service, every asset, who works on it, and what is not as it should be.";
export const STATUS_HELP = `
The servers are those of NATS_URL and DATABASE_URL, or those that npm start runs (DATA_DIR); so are the services, which are
asked at ADMIN_HOST, from ADMIN_PORT_BASE on, where npm start runs none. Exit codes: 0 all is well, 1 something is not, 2 not understood.`;

/** An asset with more stored commands than this that are not settled is a problem: its owners wait for reports. */
const BEHIND_MAX = 1_000;

/** The problems, one line each; empty: all is well. */
export function problemsOf({ services, assets, nats }: StatusReadings): string[] {
  const lines = services.flatMap(({ name, adminUrl, waitingFor }) =>
    isSilent(waitingFor) ? [`${name} does not answer at ${adminUrl}`] : waitingFor.map((what) => `${name}: ${what}`),
  );
  if (isSilent(assets)) lines.push(`Postgres: ${assets.silent}`);
  else lines.push(...assets.flatMap(problemsOfAsset));
  if (isSilent(nats)) lines.push(`NATS: ${nats.silent}`);
  else {
    if (!isSilent(assets)) lines.push(...assets.flatMap(({ asset }) => orphanedBy(asset, nats)));
    if (nats.deadLetters > 0) lines.push(`${nats.deadLetters} dead letters: read dead-letters.>`);
  }
  return lines;
}

function orphanedBy(asset: string, nats: NatsReading): string[] {
  return WORKERS.filter(([service]) => workerOn(asset, service, nats) === null).map(
    ([service]) => `no ${service} works on ${asset}`,
  );
}

/** The instance that holds the asset's lease for the service; null: none. */
function workerOn(asset: string, service: string, { holders }: NatsReading): string | null {
  return holders.find((holder) => holder.service === service && holder.asset === asset)?.instance || null;
}

function problemsOfAsset({ asset, state, why, logged, settled }: AssetReading): string[] {
  return [
    ...(state === "open" ? [] : [`${asset} is ${state}: ${why}`]),
    ...(logged - settled > BEHIND_MAX ? [`${asset}: settlement is ${logged - settled} commands behind`] : []),
  ];
}

export function statusText(readings: StatusReadings): string {
  const { services, assets, nats } = readings;
  const problems = problemsOf(readings);
  const headline = problems.length === 0 ? "all is well" : "not all is well:";
  const blocks = [[headline, ...problems.map((line) => `  ${visible(line)}`)].join("\n"), servicesTable(services)];
  if (!isSilent(assets)) blocks.push(assetsTable(assets, nats));
  return blocks.join("\n\n");
}

function servicesTable(services: readonly ServiceReading[]): string {
  const rows = services.map(({ name, adminUrl, waitingFor }) => {
    const word = isSilent(waitingFor) ? "silent" : waitingFor.length === 0 ? "ready" : "not ready";
    return [name, word, adminUrl];
  });
  return table([["service", "is", "admin"], ...rows]);
}

function assetsTable(assets: readonly AssetReading[], nats: NatsReading | Silent): string {
  const worker = (service: string, asset: string) =>
    isSilent(nats) ? "?" : (workerOn(asset, service, nats) ?? "nobody");
  const rows = assets.map(({ asset, state, logged, settled, reconciled }) => [
    asset,
    state,
    String(logged),
    isSilent(nats) ? "?" : String(nats.matched[asset] ?? 0),
    String(settled),
    String(reconciled),
    ...WORKERS.map(([service]) => worker(service, asset)),
  ]);
  const heads = WORKERS.map(([, head]) => head);
  return table([["asset", "state", "logged", "matched", "settled", "reconciled", ...heads], ...rows]);
}

const WORKERS = [
  ["order-processing", "processed by"],
  ["matching-engine", "matched by"],
  ["trade-processing", "settled by"],
] as const;
