/** One fault, injected so many times under load, with a look at everything afterwards. */

import { REJECTS } from "../../src/shared/domain/rejects.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { randomOf } from "../load/order-flow.js";
import { SEND_AGAIN } from "./attempts.js";
import { CatchUp } from "./catch-up.js";
import { within } from "./deadline.js";
import type { Difference } from "./difference.js";
import { type Fault, NotAsPromised } from "./fault.js";
import type { Growth } from "./memory-watch.js";
import { NotSettled, Oracle } from "./oracle.js";
import { NotRecovered, type Recovered, timeOf } from "./recovery.js";
import type { World } from "./world.js";

export interface FaultResult {
  readonly fault: Fault;
  readonly seed: number;
  readonly injected: number;
  readonly acknowledged: number;
  /** By code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<Difference["kind"], number>>;
  /** The first ones, in words. */
  readonly differences: readonly string[];
  readonly recovered: readonly Recovered[];
  /** The largest of all injections and processes; null: none was warm. */
  readonly growth: Growth | null;
  /** How many times faster than the usual input the backlog was settled, where there was one. */
  readonly catchUps: readonly number[];
  /** Limits that were not kept, in words. */
  readonly exceeded: readonly string[];
}

export interface RunOptions {
  readonly times: number;
  readonly ratePerSecond: number;
  readonly seed: number;
  /** Load before the first injection, so that memory is what it usually is; where memory is judged. */
  readonly warmUpMs: number;
  readonly tell: (line: string) => void;
}

/** Injections between two looks at everything. */
const LOOK_AFTER = 25;
const STEADY_WITHIN_MS = 30_000;
const SETTLE_WITHIN_MS = 90_000;
const INJECT_WITHIN_MS = 90_000;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_SPREAD = 600;
const DIFFERENCES_TOLD_MAX = 10;
const TEXT_MAX = 500;

/** In a world that others were injected into before; the oracle is that world's. The load is paused afterwards. */
export function injectInto(world: World, oracle: Oracle, fault: Fault, options: RunOptions): Promise<FaultResult> {
  return new FaultRun(world, oracle, fault, options).run();
}

class FaultRun {
  readonly #world: World;
  readonly #fault: Fault;
  readonly #options: RunOptions;
  #oracle: Oracle;
  readonly #random: (below: number) => number;
  #injected = 0;
  readonly #counts = { lost: 0, doubled: 0, differing: 0, process: 0 };
  readonly #differences: string[] = [];
  readonly #recovered: Recovered[] = [];
  readonly #catchUp: CatchUp;
  #growth: Growth | null = null;
  readonly #catchUps: number[] = [];
  readonly #exceeded: string[] = [];

  constructor(world: World, oracle: Oracle, fault: Fault, options: RunOptions) {
    this.#world = world;
    this.#fault = fault;
    this.#options = options;
    this.#oracle = oracle;
    this.#random = randomOf(options.seed);
    this.#catchUp = new CatchUp(world);
  }

  async run(): Promise<FaultResult> {
    const { attempts } = this.#world.load;
    const acknowledgedBefore = attempts.acknowledged;
    try {
      await this.#fault.prepare?.(this.#world);
      await this.#injectAll();
    } catch (error) {
      if (error instanceof NotAsPromised) this.#note({ kind: "process", text: error.message });
      else if (error instanceof NotRecovered || error instanceof NotSettled)
        this.#note({ kind: "lost", text: error.message });
      else throw error;
      this.#noteProcesses();
    } finally {
      await this.#catchUp.close();
    }
    return {
      fault: this.#fault,
      seed: this.#options.seed,
      injected: this.#injected,
      acknowledged: attempts.acknowledged - acknowledgedBefore,
      refused: Object.fromEntries(attempts.refused),
      counts: this.#counts,
      differences: this.#differences,
      recovered: this.#recovered,
      growth: this.#growth,
      catchUps: this.#catchUps,
      exceeded: [...this.#exceeded, ...this.#judgeTime()],
    };
  }

  async #injectAll(): Promise<void> {
    await this.#begin();
    if (this.#fault.growthMaxMb !== undefined)
      await pausedFor(Math.max(0, this.#options.warmUpMs - this.#world.memory.youngestMs()));
    while (this.#injected < this.#options.times) {
      await pausedFor(PAUSE_MS_MIN + this.#random(PAUSE_MS_SPREAD));
      const { name, lastsMs } = this.#fault;
      this.#world.memory.begin();
      this.#catchUp.begin();
      this.#world.load.recovery.takeLongestGapMs();
      this.#world.load.recovery.takeLongestReportGapMs();
      const refused = new Map(this.#world.load.attempts.refused);
      await within(
        lastsMs + INJECT_WITHIN_MS,
        `the injection of ${name}`,
        this.#fault.inject(this.#world, this.#random),
      );
      this.#injected++;
      await this.#untilRecovered();
      this.#judgeRefusals(refused);
      this.#judgeGap();
      if (this.#fault.goesBack) this.#oracle = new Oracle(this.#world, { hasGoneBack: true });
      const looksAfter = this.#fault.goesBack ? 1 : LOOK_AFTER;
      if (this.#injected % looksAfter !== 0 || this.#injected === this.#options.times) continue;
      await this.#look({ withBooks: false });
      if (this.#differences.length > 0) return;
      await this.#begin();
    }
    await this.#look({ withBooks: true });
  }

  /** Load, until every asset has reported. */
  async #begin(): Promise<void> {
    this.#world.load.resume();
    this.#catchUp.loaded();
    this.#world.load.recovery.mark();
    await this.#world.load.recovery.complete("report", STEADY_WITHIN_MS);
  }

  async #untilRecovered(): Promise<void> {
    const { measure, recoversWithinMs } = this.#fault;
    const recovered = await this.#world.load.recovery.complete(measure, recoversWithinMs);
    this.#recovered.push(recovered);
    const catchUp = this.#judgeCatchUp(recovered);
    const growth = this.#judgeMemory();
    this.#options.tell(
      `${this.#fault.name} ${this.#injected}/${this.#options.times}: back after ${Math.round(recovered.firstMs)} ms, ` +
        `all assets after ${Math.round(recovered.allMs)} ms` +
        (growth === null ? "" : `, ${growth.process} grew by ${Math.round(growth.grownMb)} MB`) +
        (catchUp === null ? "" : `, settled ${catchUp.toFixed(1)} times the input`),
    );
  }

  #judgeGap(): void {
    const gapMs = Math.round(this.#world.load.recovery.takeLongestGapMs());
    const reportGapMs = Math.round(this.#world.load.recovery.takeLongestReportGapMs());
    const { gapMaxMs, reportGapMaxMs } = this.#fault;
    this.#judge(`nothing was acknowledged for ${gapMs} ms`, gapMs, gapMaxMs);
    this.#judge(`an asset had no report for ${reportGapMs} ms`, reportGapMs, reportGapMaxMs);
  }

  #judge(what: string, tookMs: number, maxMs: number | undefined): void {
    if (maxMs === undefined) return;
    this.#options.tell(`${this.#fault.name} ${this.#injected}: ${what} at most`);
    if (tookMs > maxMs) this.#exceeded.push(`${what}, more than ${maxMs} ms`);
  }

  #judgeRefusals(before: ReadonlyMap<number, number>): void {
    const { mayRefuse, mustRefuse } = this.#fault;
    const { refused } = this.#world.load.attempts;
    const isMore = (code: number) => (refused.get(code) ?? 0) > (before.get(code) ?? 0);
    const names = [...SEND_AGAIN, "UNKNOWN_OUTCOME" as const].filter((name) => isMore(REJECTS[name].code));
    for (const name of names)
      if (mayRefuse?.includes(name) === false)
        this.#note({ kind: "differing", text: `requests were refused with ${name}` });
    if (mustRefuse !== undefined && !names.includes(mustRefuse))
      this.#note({ kind: "differing", text: `no request was refused with ${mustRefuse}: was the fault there?` });
  }

  #judgeCatchUp({ firstMs }: Recovered): number | null {
    const { markMs } = this.#world.load.recovery;
    const rate = this.#catchUp.rate(markMs, markMs + firstMs);
    if (rate === null) return null;
    this.#catchUps.push(rate);
    const { catchUpMin = 0 } = this.#fault;
    if (rate < catchUpMin)
      this.#exceeded.push(`the backlog was settled at ${rate.toFixed(1)} times the input, not ${catchUpMin}`);
    return rate;
  }

  #judgeTime(): string[] {
    const { limit } = this.#fault;
    const tookMs = limit === undefined ? null : timeOf(limit, this.#recovered, 0.99);
    if (limit === undefined || tookMs === null || tookMs <= limit.p99Ms) return [];
    return [`back within ${Math.round(tookMs)} ms (p99), not ${limit.p99Ms}`];
  }

  /** The largest growth of this injection. */
  #judgeMemory(): Growth | null {
    const growths = this.#world.memory.growths().sort((a, b) => b.grownMb - a.grownMb);
    const max = this.#fault.growthMaxMb ?? Number.POSITIVE_INFINITY;
    for (const { process, beforeMb, grownMb } of growths)
      if (grownMb > max)
        this.#note({
          kind: "process",
          text: `${process} grew by ${Math.round(grownMb)} MB over the ${Math.round(beforeMb)} MB that it had before, more than ${max} MB`,
        });
    const [largest = null] = growths;
    if ((largest?.grownMb ?? 0) > (this.#growth?.grownMb ?? -1)) this.#growth = largest;
    return largest;
  }

  async #look(how: { readonly withBooks: boolean }): Promise<void> {
    await this.#world.load.pause();
    const startedMs = performance.now();
    await within(2 * SETTLE_WITHIN_MS, "the comparison", this.#compare(how));
    this.#noteProcesses();
    this.#options.tell(`${this.#fault.name}: compared in ${Math.round(performance.now() - startedMs)} ms`);
  }

  async #compare(how: { readonly withBooks: boolean }): Promise<void> {
    for await (const difference of this.#oracle.differences(SETTLE_WITHIN_MS, how)) this.#note(difference);
  }

  /** What the processes did that they should not have. */
  #noteProcesses(): void {
    const isAllowed = (text: string) => this.#fault.mayEnd?.test(text) === true;
    for (const process of this.#world.processes) {
      const { exits, lines } = process.takeProblems();
      for (const text of [...exits, ...lines]) if (!isAllowed(text)) this.#note({ kind: "process", text });
    }
  }

  #note({ kind, text }: Difference): void {
    this.#counts[kind]++;
    if (this.#differences.length < DIFFERENCES_TOLD_MAX) this.#differences.push(`${kind}: ${text.slice(0, TEXT_MAX)}`);
  }
}
