/** A bourse with `npm run metrics` beside it, for all tests of a describe, and what makes its alerts fire. */
import { expect } from "chai";
import { waitFor } from "../../src/shared/process/waits.js";
import { alertRules } from "../support/alert-rules.js";
import { until } from "../support/eventually.js";
import { patience } from "../support/machine.js";
import { AlertCauses, NEAR_LIMITS } from "./alert-causes.js";
import { BourseUnderTest } from "./bourse-under-test.js";
import { PrometheusUnderTest } from "./prometheus-under-test.js";

/** One scrape and one evaluation: what an alert without a `for` may take. */
const LOOK_MS = 10_000;
/** How often Prometheus is asked: often enough for its own looks. */
const POLL_MS = 1_000;
const SEES_ALL_WITHIN_MS = 60_000;
/** From the reason to the alert, at most, beside its `for`. */
const SEEN_WITHIN_MS = 200_000;

/** What raises alerts, and which. */
export interface Cause {
  readonly of: string;
  readonly alerts: readonly string[];
  readonly begin: (causes: AlertCauses) => unknown;
  /** How long it must have lasted before there is reason for an alert, in seconds. */
  readonly lastsSeconds?: number;
}

/** What is there before the pipeline: disks, servers of one's own. */
export interface Surroundings {
  /** The pipeline's settings. */
  start(): Promise<NodeJS.ProcessEnv> | NodeJS.ProcessEnv;
  stop(): Promise<void> | void;
}

const NOTHING: Surroundings = { start: () => ({}), stop: () => undefined };

export class MetricsScene {
  readonly rules = new Map(alertRules().map((rule) => [rule.alert, rule]));
  bourse!: BourseUnderTest;
  prometheus!: PrometheusUnderTest;
  causes!: AlertCauses;

  /** Starts and ends it with the tests of the describe that is being read. */
  static ofTests(surroundings: Surroundings = NOTHING, settings: NodeJS.ProcessEnv = {}): MetricsScene {
    const scene = new MetricsScene();
    before(async () => {
      scene.bourse = await BourseUnderTest.start({ ...NEAR_LIMITS, ...settings, ...(await surroundings.start()) });
      scene.causes = new AlertCauses(scene.bourse);
      scene.prometheus = await PrometheusUnderTest.start(scene.bourse.dataFolder);
      // What grew before it was looked at for the first time has not grown.
      await until("all targets to be seen", () => scene.#seesAll(), SEES_ALL_WITHIN_MS);
    });
    afterEach(() => scene.causes?.end());
    after(async () => {
      await scene.prometheus?.interrupt();
      await scene.bourse?.end();
      await surroundings.stop();
    });
    return scene;
  }

  async #seesAll(): Promise<boolean> {
    const seen = await this.prometheus.query('up{job="bourse"} == 1');
    return seen.length === this.bourse.endpoints.services.length;
  }

  async firing() {
    return (await this.prometheus.alerts()).filter(({ state }) => state === "firing");
  }

  /** Begins causes that don't disturb each other, and waits until each of their alerts fires. */
  async wakes(together: readonly Cause[]): Promise<void> {
    for (const { begin } of together) await begin(this.causes);
    const fires = together.flatMap(({ alerts, lastsSeconds = 0 }) =>
      alerts.map((alert) => this.#fires(alert, lastsSeconds * 1_000)),
    );
    const missed = await Promise.allSettled(fires);
    expect(missed.flatMap((one) => (one.status === "rejected" ? String(one.reason) : []))).to.deep.equal([]);
  }

  /** Waits until the alert fires, which must be so within twice its `for` after there was reason to. */
  async #fires(alert: string, lastsMs: number): Promise<void> {
    const forMs = (this.rules.get(alert)?.forSeconds ?? Number.NaN) * 1_000;
    const polling = { deadlineMs: patience(lastsMs + forMs + SEEN_WITHIN_MS), everyMs: POLL_MS };
    const { activeAt } = await waitFor(
      `${alert} to fire`,
      polling,
      async () => (await this.firing()).find(({ labels }) => labels["alertname"] === alert) ?? null,
    );
    const tookMs = Date.now() - Date.parse(activeAt);
    expect(tookMs, alert).to.be.below(Math.max(2 * forMs, patience(LOOK_MS)));
  }
}
