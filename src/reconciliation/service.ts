/** Looks whether everything still agrees, again and again; says what does not, and halts the assets that it is about. */
import type { AssetRegistry } from "../shared/assets.js";
import { openWorkingSnapshot } from "../shared/database.js";
import type { Service } from "../shared/lifecycle.js";
import { rowKey } from "./comparison.js";
import type { DifferenceStore, NewDifference, OpenDifference } from "./difference-store.js";
import { differenceText } from "./difference-text.js";
import { type Finding, type PassLimits, runPass } from "./pass.js";
import { ReconciliationMetrics } from "./reconciliation-metrics.js";

export interface ReconciliationOptions {
  readonly databaseUrl: string;
  readonly registry: AssetRegistry;
  readonly intervalMs: number;
  /** So many times as long as a pass took, it rests. */
  readonly restFactor: number;
  readonly limits: PassLimits;
}

/** Whoever has it works, the others look on. */
const LOCK = "bourse reconciliation";
const STATEMENT_TIMEOUT_MS = 20_000;
const FIRST_PASS_FACTOR = 0.1;
const LOGGED_MAX = 50;

export class Reconciliation {
  readonly #service: Pick<Service, "log" | "stopping">;
  readonly #store: DifferenceStore;
  readonly #options: ReconciliationOptions;
  readonly #metrics: ReconciliationMetrics;
  readonly #assets: ReadonlySet<string>;
  #open: readonly OpenDifference[] = [];
  #failure: string | null = null;

  constructor(
    service: Pick<Service, "log" | "stopping" | "metrics">,
    store: DifferenceStore,
    options: ReconciliationOptions,
  ) {
    this.#service = service;
    this.#store = store;
    this.#options = options;
    this.#assets = new Set(options.registry.assets.keys());
    this.#metrics = new ReconciliationMetrics(service.metrics, this.#assets);
  }

  /** Until the service stops. */
  async run(): Promise<void> {
    const { intervalMs, restFactor } = this.#options;
    let waitMs = intervalMs * FIRST_PASS_FACTOR;
    while (await pausedFor(waitMs, this.#service.stopping)) {
      const startedMs = performance.now();
      await this.#pass();
      const tookMs = performance.now() - startedMs;
      waitMs = Math.max(intervalMs - tookMs, tookMs * restFactor);
    }
  }

  /** For /readyz: what differs, or why that is not known. */
  problem(): string | null {
    const assets = new Set(this.#open.flatMap((open) => open.assets));
    if (this.#open.length > 0) return `${this.#open.length} differences, of ${[...assets].join(", ") || "no asset"}`;
    return this.#failure;
  }

  /** What keeps it from looking is no difference: it is said, and tried again. */
  async #pass(): Promise<void> {
    const { log } = this.#service;
    try {
      const isMine = await this.#look();
      this.#open = await this.#store.open();
      this.#metrics.differences(this.#open);
      if (this.#failure !== null) log.info("reconciliation works again");
      this.#failure = null;
      this.#metrics.passes.inc({ outcome: isMine ? "done" : "another's" });
    } catch (err) {
      this.#metrics.passes.inc({ outcome: "failed" });
      if (this.#failure === null && !this.#service.stopping.aborted)
        log.warn({ err }, "reconciliation can't look; trying again");
      this.#failure = `the last pass failed: ${(err as Error).message}`;
    }
  }

  /** False: another process is at it. */
  async #look(): Promise<boolean> {
    const options = { lock: LOCK, statementTimeoutMs: STATEMENT_TIMEOUT_MS };
    const snapshot = await openWorkingSnapshot(this.#options.databaseUrl, "reconciliation", options);
    if (snapshot === null) return false;
    try {
      const startedMs = performance.now();
      const open = await this.#store.open();
      const pass = await runPass(snapshot, this.#service.log, open, this.#options.limits);
      await this.#tell(pass.findings, open);
      await this.#store.update(pass.seen, pass.resolved);
      for (const { id, difference } of pass.resolved)
        this.#service.log.info({ id, difference: differenceText(difference) }, "what differed is right again");
      await snapshot.commit();
      this.#metrics.passed(pass, performance.now() - startedMs);
      return true;
    } finally {
      await snapshot.close();
    }
  }

  async #tell(findings: readonly Finding[], open: readonly OpenDifference[]): Promise<void> {
    const known = new Set(open.map(({ difference }) => rowKey(difference)));
    const added: NewDifference[] = [];
    for (const { difference, foundIn } of findings) {
      if (known.has(rowKey(difference))) continue;
      known.add(rowKey(difference));
      added.push({ difference, foundIn, assets: await this.#store.assetsOf(difference, this.#assets) });
    }
    if (added.length === 0) return;
    await this.#store.add(added);
    for (const { difference, assets } of added.slice(0, LOGGED_MAX))
      this.#service.log.fatal({ ...difference, halted: assets }, "what is written differs");
    if (added.length > LOGGED_MAX)
      this.#service.log.fatal({ more: added.length - LOGGED_MAX }, "more rows differ: see reconciliation_differences");
  }
}

/** False: told to stop. */
function pausedFor(ms: number, stopping: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      stopping.removeEventListener("abort", stop);
      resolve(true);
    }, ms);
    if (stopping.aborted) stop();
    else stopping.addEventListener("abort", stop, { once: true });
  });
}
