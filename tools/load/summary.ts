import type { LatencySummary } from "./latencies.js";
import type { Measured } from "./measured-run.js";
import { TIMER_SLACK_MS } from "./order-timing.js";

const ms = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(1));
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

/** For people. */
export function summaryText({ options, outcome, cpu, settlement, broken }: Measured): string {
  const { ratePerSecond, seconds, connections, assets, isText, seed } = options;
  const { timing, acknowledged, measuredMs, reportsReceived } = outcome;
  const perSecond = (timing.acknowledged.count * 1_000) / Math.max(1, measuredMs);
  const lines = [
    `${ratePerSecond} orders/s for ${seconds} s, ${connections} connections, ${assets.length} assets, ${isText ? "text" : "binary"} dialect, seed ${seed}`,
    "",
    latencyRow("ms", ["p50", "p90", "p99", "p99.9", "max", "count"]),
    latencyRow("order → ACK", latencyCells(timing.acknowledged.summary())),
    ...(timing.reported.count > 0 ? [latencyRow("order → own report", latencyCells(timing.reported.summary()))] : []),
    latencyRow("generator late by", latencyCells(timing.lateness.summary())),
    `  (an order is charged the generator's lateness beyond ${TIMER_SLACK_MS} ms)`,
    "",
    `  ${acknowledged} acknowledged, ${perSecond.toFixed(0)}/s measured; ${reportsReceived} reports`,
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
    `  CPU: ${percent(cpu.shareOfMachine)} of the machine (everything on it: ${percent(cpu.machineBusy)}); of one core:`,
  );
  for (const { name, cores } of cpu.use) lines.push(`    ${name.padEnd(22)} ${percent(cores).padStart(6)}`);
  lines.push("", ...(broken.length === 0 ? ["  every promise kept"] : broken.map((what) => `  BROKEN: ${what}`)), "");
  return lines.join("\n");
}

/** For programs: one line. */
export function summaryJson({ options, outcome, cpu, settlement, broken }: Measured): string {
  const { assets, accounts: _, ...rest } = options;
  const { timing, rejected, planned, sent, acknowledged, unanswered, reportsReceived, measuredMs } = outcome;
  return JSON.stringify({
    ...rest,
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
    cpu: { ...cpu, use: Object.fromEntries(cpu.use.map(({ name, cores }) => [name, Number(cores.toFixed(3))])) },
    broken,
  });
}

function latencyCells({ p50, p90, p99, p999, max, count }: LatencySummary): string[] {
  return [p50, p90, p99, p999, max].map(ms).concat(String(count));
}

function latencyRow(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(20)}${cells.map((cell) => cell.padStart(9)).join("")}`;
}
