import { type CpuGroup, type CpuReading, type CpuSummary, cpuBetween, listenerOf, parentOf, readCpu } from "./cpu.js";
import { LoadProcesses } from "./load-processes.js";
import { type Load, type LoadOptions, type LoadOutcome, LoadRun } from "./load-run.js";
import { MessageCount, type StreamMessages } from "./message-count.js";
import { SettlementCheck, type SettlementResult } from "./settlement-check.js";
import type { Target } from "./target.js";

export interface Measured {
  readonly options: LoadOptions;
  readonly outcome: LoadOutcome;
  /** While orders were sent. */
  readonly cpu: CpuSummary;
  /** On until the last of them was settled: what a pipeline that falls behind does later is not free. */
  readonly cpuUntilSettled: CpuSummary;
  /** Null: the target has no database that could be asked, or nobody who writes to it. */
  readonly settlement: SettlementResult | null;
  /** Empty: the target's NATS is not known. */
  readonly messages: readonly StreamMessages[];
  /** Promises that this run saw broken, each a sentence. */
  readonly broken: readonly string[];
}

/** Whose last write is an order's settlement: the service's own, and that of the floor in its place (bench/floor). */
const SETTLERS: readonly string[] = ["trade-processing", "floor"];

export const LOAD_GENERATOR = "load generator";

/** One run with everything around it: CPU while it was measured, and what Postgres says afterwards. */
export async function measuredRun(
  target: Target,
  options: LoadOptions,
  onStart: (run: Load) => unknown = () => undefined,
): Promise<Measured> {
  const isSettled = target.databaseUrl !== null && target.services.some(({ name }) => SETTLERS.includes(name));
  const check = isSettled ? await SettlementCheck.open(target.databaseUrl ?? "") : null;
  const streams = target.natsUrl === null ? null : await MessageCount.open(target.natsUrl);
  try {
    const { processes = 1 } = options;
    const run = processes === 1 ? new LoadRun(target, options) : new LoadProcesses(target, options, processes);
    const groups = cpuGroups(target, run.pids);
    onStart(run);
    let before = readCpu(groups);
    run.onMeasuring = () => {
      before = readCpu(groups);
    };
    const readings: { after?: CpuReading } = {};
    run.onSent = () => {
      readings.after = readCpu(groups);
    };
    const outcome = await run.run();
    const settlement = (await check?.finish(outcome)) ?? null;
    const end = readCpu(groups);
    const [cpu, cpuUntilSettled] = [cpuBetween(before, readings.after ?? end), cpuBetween(before, end)];
    const messages = (await streams?.finish(outcome.acknowledged)) ?? [];
    return {
      options,
      outcome,
      cpu,
      cpuUntilSettled,
      settlement,
      messages,
      broken: brokenPromises(outcome, settlement),
    };
  } finally {
    await streams?.close();
    await check?.close();
  }
}

/** Every process that works for the pipeline, the generator and its processes (`generators`) included. */
export function cpuGroups({ services, natsUrl, databaseUrl }: Target, generators: readonly number[] = []): CpuGroup[] {
  const groups: CpuGroup[] = [...new Set(services.map(({ pid }) => pid))].map((pid) => {
    const names = services.filter((service) => service.pid === pid).map(({ name }) => name);
    return { name: names.join(", "), pids: [pid], withDescendants: false };
  });
  const launcherPid = parentOf(services[0]?.pid ?? 0);
  if (launcherPid > 1 && launcherPid !== process.pid)
    groups.push({ name: "launcher", pids: [launcherPid], withDescendants: false });
  for (const [name, url, defaultPort] of [
    ["nats-server", natsUrl, 4222],
    ["postgres", databaseUrl, 5432],
  ] as const) {
    const pid = url === null ? null : listenerOf(Number(new URL(url).port || defaultPort));
    if (pid !== null) groups.push({ name, pids: [pid], withDescendants: true });
  }
  return [...groups, { name: LOAD_GENERATOR, pids: [process.pid, ...generators], withDescendants: false }];
}

function brokenPromises(outcome: LoadOutcome, settlement: SettlementResult | null): string[] {
  const { acknowledged, rejected, unanswered, notSent, reportsMissing, reportsOutOfSequence, problems } = outcome;
  const broken = [...problems];
  for (const [name, count] of rejected) broken.push(`${count} refused: ${name}`);
  if (unanswered > 0) broken.push(`${unanswered} orders were not answered`);
  if (notSent > 0) broken.push(`${notSent} orders were not sent: too many were unanswered`);
  if (reportsMissing > 0) broken.push(`${reportsMissing} acknowledged orders have no report`);
  if (reportsOutOfSequence > 0) broken.push(`${reportsOutOfSequence} reports came out of sequence`);
  if (settlement === null) return broken;
  if (settlement.settledAfterMs === null) broken.push("the last orders are not settled in Postgres");
  if (settlement.logRows !== acknowledged)
    broken.push(`order_log has ${settlement.logRows} rows for ${acknowledged} ACKs`);
  if (settlement.reportGaps !== 0)
    broken.push(`execution_reports and account_sequences differ by ${settlement.reportGaps}`);
  return broken;
}
