import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { prometheusFolder } from "../../src/operator/prometheus-package.js";
import { SERVICES } from "../../src/shared/process/services.js";
import { alertRules, METRICS_FOLDER } from "../support/alert-rules.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { ALERT_SCENARIOS, type AlertScenario, type Series } from "../unit/metrics/alert-scenarios.js";

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

  const group = (name: string, isUp: (service: string) => boolean, series: Series, tests: object[]) => ({
    name,
    interval: `${SAMPLE_SECONDS}s`,
    input_series: [
      ...SERVICES.filter(isUp).map((service) => [
        `up{job="bourse",service="${service}",instance="${service}"}`,
        "1x360",
      ]),
      ...Object.entries(series),
    ].map(([one, values]) => ({ series: one, values })),
    promql_expr_test: tests,
  });

  /** A test in promtool's form: it fires when its time has come and not before. */
  function firesOnTime({ alert, trouble, missing, showsAfterSeconds = 0 }: AlertScenario): object {
    const forSeconds = rules.get(alert)?.forSeconds ?? 0;
    const isOnTime = forSeconds + showsAfterSeconds + SAMPLE_SECONDS;
    const tooSoon = forSeconds > 0 ? [firing(forSeconds - SAMPLE_SECONDS)] : [];
    return group(`${alert}, in trouble`, (one) => one !== missing, trouble, [...tooSoon, firing(isOnTime, alert)]);
  }

  /** None fires where there is nearly a reason for all of them; those that are about the same series stand in other tests. */
  function stayQuiet(scenarios: readonly AlertScenario[]): object[] {
    const together: { alerts: string[]; series: Record<string, string> }[] = [];
    for (const { alert, well } of scenarios) {
      const free = together.find(({ series }) => !Object.keys(well).some((one) => one in series));
      const place = free ?? { alerts: [], series: {} };
      if (free === undefined) together.push(place);
      place.alerts.push(alert);
      Object.assign(place.series, well);
    }
    return together.map(({ alerts, series }) =>
      group(
        `nearly: ${alerts.join(", ")}`,
        () => true,
        series,
        WELL_SECONDS.map((at) => firing(at)),
      ),
    );
  }

  it("are rules and a configuration that it takes", () => {
    check("check", "config", join(METRICS_FOLDER, "prometheus.yml"));
    expect(check("check", "rules", join(METRICS_FOLDER, "alerts.yml"))).to.contain(`${rules.size} rules found`);
  });

  function checkTests(tests: readonly object[]): void {
    const file = join(temporaryFolder(), "alerts.test.json");
    const alerts = join(METRICS_FOLDER, "alerts.yml");
    // JSON is YAML, too.
    writeFileSync(file, JSON.stringify({ rule_files: [alerts], evaluation_interval: `${SAMPLE_SECONDS}s`, tests }));
    check("test", "rules", file);
  }

  it("fire when there is reason to, after their time, and no other does; and don't where there nearly is", () => {
    checkTests([...ALERT_SCENARIOS.map(firesOnTime), ...stayQuiet(ALERT_SCENARIOS)]);
  });

  it("would be found out if one did not fire, and if one did without a reason", () => {
    const [scenario, ...others] = ALERT_SCENARIOS as readonly [AlertScenario, ...AlertScenario[]];
    const { trouble, well } = scenario;
    expect(() => checkTests([firesOnTime({ ...scenario, trouble: well })])).to.throw(/FAILED[\s\S]*ServiceDown/);
    expect(() => checkTests(stayQuiet([...others, { ...scenario, well: trouble }]))).to.throw(
      /FAILED[\s\S]*ServiceDown/,
    );
  });
});
