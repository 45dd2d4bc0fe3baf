import type { CpuUse } from "./cpu.js";
import type { LatencySummary } from "./latencies.js";
import type { LoadOptions } from "./load-run.js";
import type { Measured } from "./measured-run.js";
import { type Verdict, verdictText } from "./objectives.js";
import { TIMER_SLACK_MS } from "./order-timing.js";
import type { PostgresWork } from "./settlement-check.js";

const ms = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(1));
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

/** What was asked for, in a line. */
export function loadText({
  ratePerSecond,
  seconds,
  connections,
  assets,
  accounts,
  isText,
  seed,
  ...rest
}: LoadOptions): string {
  const { mix = "plain", rampFromPerSecond, burst, processes = 1 } = rest;
  return [
    `${rampFromPerSecond === undefined ? "" : `${rampFromPerSecond} to `}${ratePerSecond} orders/s for ${seconds} s`,
    ...(burst === undefined ? [] : [`${burst} at once`]),
    ...(mix === "plain" ? [] : [`mix ${mix}`]),
    ...(processes === 1 ? [] : [`${processes} processes`]),
    `${connections} connections of ${accounts.length} accounts, ${assets.length} assets, ${isText ? "text" : "binary"} dialect, seed ${seed}`,
  ].join(", ");
}

/** For people. */
export function summaryText(measured: Measured, verdicts: readonly Verdict[] = []): string {
  const { options, outcome, cpu, settlement, broken } = measured;
  const { timing, acknowledged, measuredMs, reportsReceived } = outcome;
  const perSecond = (timing.acknowledged.count * 1_000) / Math.max(1, measuredMs);
  const lines = [
    loadText(options),
    "",
    latencyRow("ms", ["p50", "p90", "p99", "p99.9", "p99.99", "max", "count"]),
    latencyRow("order → ACK", latencyCells(timing.acknowledged.summary())),
    ...(timing.reported.count > 0 ? [latencyRow("order → own report", latencyCells(timing.reported.summary()))] : []),
    latencyRow("generator late by", latencyCells(timing.lateness.summary())),
    `  (an order is charged the generator's lateness beyond ${TIMER_SLACK_MS} ms)`,
    "",
    `  ${acknowledged} acknowledged, ${perSecond.toFixed(0)}/s measured; ${reportsReceived} reports`,
    ...[...outcome.rejected].map(([what, count]) => `  ${count} refused: ${what}`),
  ];
  if (settlement !== null) {
    const after =
      settlement.settledAfterMs === null
        ? "not settled"
        : `settled ${settlement.settledAfterMs.toFixed(0)} ms after the last answer`;
    lines.push(`  ${settlement.logRows} rows in order_log, ${settlement.trades} trades, ${after}`);
  }
  lines.push(
    "",
    `  CPU: ${percent(cpu.shareOfMachine)} of the machine (everything on it: ${percent(cpu.machineBusy)})`,
    ...costLines(measured),
  );
  lines.push("", ...verdicts.map((verdict) => `  ${verdictText(verdict)}`));
  lines.push("", ...(broken.length === 0 ? ["  every promise kept"] : broken.map((what) => `  BROKEN: ${what}`)), "");
  return lines.join("\n");
}

/** What an order costs, by process: waits and calls are what a slow virtual machine pays for. */
function costLines({ cpu, outcome, messages, settlement }: Measured): string[] {
  const perSecond = (outcome.timing.acknowledged.count * 1_000) / Math.max(1, outcome.measuredMs);
  const perOrder = (value: number) => (value / Math.max(1, perSecond)).toFixed(2).padStart(11);
  const heads = ["one core", "CPU µs", "waits", "preempted", "reads", "writes"].map((head) => head.padStart(11));
  const row = ({ name, cores, waits, preemptions, reads, writes }: Omit<CpuUse, "name"> & { name: string }) =>
    `    ${name.padEnd(22)}${percent(cores).padStart(11)}${perOrder(cores * 1e6)}${[waits, preemptions, reads, writes].map(perOrder).join("")}`;
  const sum = (figure: Exclude<keyof CpuUse, "name">) => cpu.use.reduce((total, use) => total + use[figure], 0);
  const all = {
    name: "all",
    cores: sum("cores"),
    waits: sum("waits"),
    preemptions: sum("preemptions"),
    reads: sum("reads"),
    writes: sum("writes"),
  };
  const streams = messages.map(({ stream, perOrder }) => `${stream} ${perOrder.toFixed(2)}`);
  return [
    `    ${"an order costs".padEnd(22)}${heads.join("")}`,
    ...cpu.use.map(row),
    row(all),
    ...(streams.length === 0 ? [] : [`  messages an order: ${streams.join(", ")}`]),
    ...(settlement === null ? [] : [postgresLine(settlement.work, outcome.acknowledged)]),
  ];
}

function postgresLine({ transactions, walSyncs, walBytes }: PostgresWork, orders: number): string {
  const perOrder = (value: number) => value / Math.max(1, orders);
  const syncs = walSyncs === null ? "" : `${perOrder(walSyncs).toFixed(2)} syncs of the log, `;
  return `  Postgres an order: ${perOrder(transactions).toFixed(2)} transactions, ${syncs}${perOrder(walBytes).toFixed(0)} bytes of log`;
}

/** For programs: one line. */
export function summaryJson(measured: Measured, verdicts: readonly Verdict[]): string {
  return JSON.stringify(summaryObject(measured, verdicts));
}

export function summaryObject(
  { options, outcome, cpu, settlement, messages, broken }: Measured,
  verdicts: readonly Verdict[],
): Record<string, unknown> {
  const { assets, accounts, ...rest } = options;
  const { timing, rejected, planned, sent, acknowledged, unanswered, reportsReceived, measuredMs } = outcome;
  return {
    ...rest,
    accounts: accounts.length,
    assets: assets.map(({ asset }) => asset),
    planned,
    sent,
    acknowledged,
    unanswered,
    rejected: Object.fromEntries(rejected),
    reportsReceived,
    measuredMs: Math.round(measuredMs),
    ackMs: timing.acknowledged.summary(),
    reportMs: timing.reported.count > 0 ? timing.reported.summary() : null,
    latenessMs: timing.lateness.summary(),
    settlement,
    messagesPerOrder: Object.fromEntries(messages.map(({ stream, perOrder }) => [stream, perOrder])),
    cpu: { ...cpu, use: Object.fromEntries(cpu.use.map(({ name, ...use }) => [name, use])) },
    verdicts,
    broken,
  };
}

function latencyCells({ p50, p90, p99, p999, p9999, max, count }: LatencySummary): string[] {
  return [p50, p90, p99, p999, p9999, max].map(ms).concat(String(count));
}

function latencyRow(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(20)}${cells.map((cell) => cell.padStart(9)).join("")}`;
}
