/** The alerts of config/metrics and the expressions of its dashboards, as the files have them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../src/shared/process/project-root.js";

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly forSeconds: number;
  readonly severity: string;
  readonly runbook: string;
}

export const METRICS_FOLDER = join(projectRoot, "config", "metrics");
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

export function alertRules(): AlertRule[] {
  const [, ...rules] = readFileSync(join(METRICS_FOLDER, "alerts.yml"), "utf8").split(/^ +- alert: /m);
  return rules.map((rule) => {
    const field = (name: string) => new RegExp(`^ +${name}: (.+)$`, "m").exec(rule)?.[1] ?? "";
    const [, count = "0", unit = "s"] = /^(\d+)([smh])$/.exec(field("for")) ?? [];
    return {
      alert: rule.split("\n", 1)[0] as string,
      expr: field("expr"),
      forSeconds: Number(count) * (SECONDS[unit] as number),
      severity: /severity: (\w+)/.exec(rule)?.[1] ?? "",
      runbook: field("runbook"),
    };
  });
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** All expressions of all dashboards, with the panel that each is of. */
export function dashboardExpressions(): { readonly panel: string; readonly expr: string }[] {
  const folder = join(METRICS_FOLDER, "dashboards");
  return readdirSync(folder).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { panels: Panel[] };
    return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, expr })));
  });
}
