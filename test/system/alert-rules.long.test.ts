import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { prometheusFolder } from "../../src/operator/prometheus-package.js";
import { SERVICES } from "../../src/shared/process/services.js";
import { alertRules, METRICS_FOLDER } from "../support/alert-rules.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { ALERT_SCENARIOS, type AlertScenario } from "../unit/metrics/alert-scenarios.js";

const SAMPLE_SECONDS = 5;
/** When those must not fire that only nearly have a reason to. */
const WELL_SECONDS = [300, 900, 1_700];
const FETCH_TIMEOUT_MS = 400_000;
const FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})';

/** Which alerts fire then, and no other. */
function firing(atSeconds: number, ...alerts: readonly string[]): object {
  const samples = alerts.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 }));
  return { expr: FIRING, eval_time: `${atSeconds}s`, exp_samples: samples };
}

describe("the alerts, as Prometheus' own tool sees them", function () {
  this.timeout(FETCH_TIMEOUT_MS);
  let promtool: string;
  const rules = new Map(alertRules().map((rule) => [rule.alert, rule]));

  before(() => {
    promtool = join(prometheusFolder(null), "promtool");
  });

  const check = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: "utf8" });
    expect(status, stdout + stderr).to.equal(0);
    return stdout;
  };

  /** Two tests in promtool's form: in the one it fires when its time has come and not before, in the other it does not. */
  function testsOf({ alert, trouble, well, missing, showsAfterSeconds = 0 }: AlertScenario): object[] {
    const up = (isThere: (service: string) => boolean) =>
      SERVICES.filter(isThere).map((service) => [
        `up{job="bourse",service="${service}",instance="${service}"}`,
        "1x360",
      ]);
    const group = (name: string, series: readonly (readonly string[])[], tests: object[]) => ({
      name,
      interval: `${SAMPLE_SECONDS}s`,
      input_series: series.map(([one, values]) => ({ series: one, values })),
      promql_expr_test: tests,
    });
    const forSeconds = rules.get(alert)?.forSeconds ?? 0;
    const isOnTime = forSeconds + showsAfterSeconds + SAMPLE_SECONDS;
    const tooSoon = forSeconds > 0 ? [firing(forSeconds - SAMPLE_SECONDS)] : [];
    return [
      group(
        `${alert}, in trouble`,
        [...up((one) => one !== missing), ...Object.entries(trouble)],
        [...tooSoon, firing(isOnTime, alert)],
      ),
      group(
        `${alert}, nearly`,
        [...up(() => true), ...Object.entries(well)],
        WELL_SECONDS.map((at) => firing(at)),
      ),
    ];
  }

  it("are rules and a configuration that it takes", () => {
    check("check", "config", join(METRICS_FOLDER, "prometheus.yml"));
    expect(check("check", "rules", join(METRICS_FOLDER, "alerts.yml"))).to.contain(`${rules.size} rules found`);
  });

  it("fire when there is reason to, after their time, and no other does; and don't where there is nearly one", () => {
    const file = join(temporaryFolder(), "alerts.test.json");
    const tests = ALERT_SCENARIOS.flatMap(testsOf);
    const alerts = join(METRICS_FOLDER, "alerts.yml");
    // JSON is YAML, too.
    writeFileSync(file, JSON.stringify({ rule_files: [alerts], evaluation_interval: `${SAMPLE_SECONDS}s`, tests }));
    check("test", "rules", file);
  });

  it("would be found out if one did not fire", () => {
    const file = join(temporaryFolder(), "alerts.test.json");
    const [tests] = ALERT_SCENARIOS.map((scenario) => testsOf({ ...scenario, trouble: scenario.well }));
    const alerts = join(METRICS_FOLDER, "alerts.yml");
    writeFileSync(file, JSON.stringify({ rule_files: [alerts], evaluation_interval: `${SAMPLE_SECONDS}s`, tests }));
    expect(() => check("test", "rules", file)).to.throw(/FAILED[\s\S]*ServiceDown/);
  });
});
