import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { SERVICES } from "../../../src/shared/process/services.js";
import { alertRules, dashboardExpressions, METRICS_FOLDER } from "../../support/alert-rules.js";
import { metricsCatalogue, runbookPage, runbookSections } from "../../support/runbook.js";
import { ALERT_SCENARIOS } from "./alert-scenarios.js";

/** What is there without any service: of Prometheus, and of the scrape. */
const PROMETHEUS_OWN = new Map([
  ["up", ["job", "instance", "service"]],
  ["ALERTS", ["alertname", "alertstate"]],
]);
const SCRAPE_LABELS = ["job", "instance", "service"];
const HISTOGRAM_PARTS = ["bucket", "sum", "count"];
const LISTS_OF_LABELS = /\b(by|on|without|ignoring)\s*\(([^)]*)\)/g;
const SELECTOR = /([a-zA-Z_]\w*)?\{([^}]*)\}/g;
const WORDS = /[a-zA-Z_]\w*(?!\w|\s*\()/g;
const KEYWORDS = ["and", "or", "unless", "bool"];

/** By name of a series, its labels. */
const known = new Map(PROMETHEUS_OWN);
for (const { name, kind, labels } of metricsCatalogue()) {
  const names = kind === "histogram" ? HISTOGRAM_PARTS.map((part) => `${name}_${part}`) : [name];
  for (const each of names) known.set(each, [...labels, ...SCRAPE_LABELS, "le"]);
}

/** What an expression names that no service shows. */
function unknownIn(expr: string): string[] {
  const problems: string[] = [];
  const plain = expr.replace(/"[^"]*"/g, '""').replace(/\[[^\]]*\]/g, "");
  for (const [, name = "", matchers = ""] of plain.matchAll(SELECTOR))
    for (const [, label] of matchers.matchAll(/(\w+)\s*[=!]/g))
      if (known.get(name)?.includes(label as string) === false) problems.push(`label ${label} of ${name}`);
  const names =
    plain
      .replace(/\{[^}]*\}/g, "")
      .replace(LISTS_OF_LABELS, "")
      .match(WORDS) ?? [];
  const series = names.filter((name) => !KEYWORDS.includes(name));
  problems.push(...series.filter((name) => !known.has(name)));
  for (const [, , labels = ""] of plain.matchAll(LISTS_OF_LABELS))
    for (const label of labels.split(",").map((one) => one.trim()))
      if (!series.some((name) => known.get(name)?.includes(label))) problems.push(`label ${label}`);
  return problems;
}

describe("the alerts and dashboards of config/metrics", () => {
  const rules = alertRules();
  const anchorOf = (title: string) => title.toLowerCase().replaceAll(",", "").replaceAll(" ", "-");

  it("name only metrics and labels of the catalogue", () => {
    const wrong = [...rules, ...dashboardExpressions()].flatMap(({ expr }) =>
      unknownIn(expr).map((problem) => `${problem}: ${expr}`),
    );
    expect(wrong).to.deep.equal([]);
    expect(rules.length).to.be.above(20);
    expect(dashboardExpressions().length).to.be.above(20);
  });

  it("would be found out if they named others", () => {
    expect(unknownIn("sum by (asset) (rate(bourse_trade_total[1m]))")).to.include("bourse_trade_total");
    expect(unknownIn('bourse_ready{chek="nats"}')).to.deep.equal(["label chek of bourse_ready"]);
    expect(unknownIn("sum by (colour) (bourse_ready)")).to.deep.equal(["label colour"]);
  });

  it("send whoever is woken to a section of the runbook that is there", () => {
    const anchors = runbookSections().map((title) => `docs/operations.md#${anchorOf(title)}`);
    expect(rules.filter(({ runbook }) => !anchors.includes(runbook))).to.deep.equal([]);
    expect(rules.filter(({ severity }) => !["page", "ticket"].includes(severity))).to.deep.equal([]);
  });

  it("are all in the runbook's table, with the same section and who is woken", () => {
    const rows = [...runbookPage().matchAll(/^\| \[(\w+)\]\((#[\w-]+)\) \| (somebody|nobody) \|/gm)];
    expect(rows.map(([, alert, section, wakes]) => [alert, section, wakes])).to.deep.equal(
      rules.map(({ alert, runbook, severity }) => [
        alert,
        runbook.replace("docs/operations.md", ""),
        severity === "page" ? "somebody" : "nobody",
      ]),
    );
  });

  it("have a scenario each, in which they fire, and one in which they don't", () => {
    expect(ALERT_SCENARIOS.map(({ alert }) => alert)).to.deep.equal(rules.map(({ alert }) => alert));
  });

  it("look at every service of compose, and miss each that is no target", () => {
    const targets = JSON.parse(readFileSync(join(METRICS_FOLDER, "targets.json"), "utf8"));
    expect(targets).to.deep.equal(SERVICES.map((service) => ({ targets: [`${service}:9100`], labels: { service } })));
    const missed = rules.find(({ alert }) => alert === "ServiceMissing")?.expr ?? "";
    expect([...missed.matchAll(/absent\(up\{service="([\w-]+)"\}\)/g)].map(([, service]) => service)).to.deep.equal([
      ...SERVICES,
    ]);
  });
});
