/** Reads what services print on /metrics: Prometheus' text format. Pure. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const ESCAPED = /\\(.)/g;

/** The samples, in their order; comments and what is not understood are skipped. */
export function samplesIn(text: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, label, quoted]) => [label, unescaped(quoted as string)]);
    return [{ name, labels: Object.fromEntries(pairs), value: numberIn(value as string) }];
  });
}

function unescaped(quoted: string): string {
  return quoted.replace(ESCAPED, (_, char: string) => (char === "n" ? "\n" : char));
}

function numberIn(text: string): number {
  return text === "+Inf" ? Number.POSITIVE_INFINITY : text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}
