import type { Outcome } from "./script-run.js";

/** One line a script; of one that failed, the place and what came instead. */
export function outcomeLine(outcome: Outcome): string {
  const { script, failure } = outcome;
  return failure === null ? `ok    ${script.file}: ${figures([outcome])}` : `FAIL  ${failure.message}`;
}

export function summaryLine(outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter(({ failure }) => failure !== null).length;
  const scripts = outcomes.length === 1 ? "1 script" : `${outcomes.length} scripts`;
  return `${scripts}, ${failed === 0 ? "all ok" : `${failed} FAILED`}: ${figures(outcomes)}`;
}

function figures(outcomes: readonly Outcome[]): string {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const rejected = new Map<string, number>();
  for (const outcome of outcomes)
    for (const [code, count] of outcome.rejected) rejected.set(code, (rejected.get(code) ?? 0) + count);
  const refusals = [...rejected].sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    `${sum(({ sent }) => sent)} lines`,
    `${sum(({ acknowledged }) => acknowledged)} ACK`,
    ...refusals.map(([code, count]) => `${count} REJ ${code}`),
    `${sum(({ expectationsMet }) => expectationsMet)} expectations met`,
    `${(sum(({ tookMs }) => tookMs) / 1_000).toFixed(1)} s`,
  ].join(", ");
}
