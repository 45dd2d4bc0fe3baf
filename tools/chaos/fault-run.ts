/** One fault, injected so many times under load, with a look at everything afterwards. */
import { randomOf } from "../load/order-flow.js";
import type { Difference } from "./difference.js";
import { type Fault, sleep, within } from "./fault.js";
import { NotSettled, Oracle } from "./oracle.js";
import { NotRecovered, type Recovered } from "./recovery.js";
import { World } from "./world.js";

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
}

export interface RunOptions {
  readonly times: number;
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly tell: (line: string) => void;
}

/** Injections between two looks at everything. */
const LOOK_AFTER = 10;
const STEADY_WITHIN_MS = 30_000;
const SETTLE_WITHIN_MS = 90_000;
const INJECT_WITHIN_MS = 90_000;
const CLOSE_WITHIN_MS = 30_000;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_SPREAD = 600;
const DIFFERENCES_TOLD_MAX = 10;
const TEXT_MAX = 500;

/** In a world of its own. */
export async function runFault(fault: Fault, options: RunOptions): Promise<FaultResult> {
  const { ratePerSecond, seed } = options;
  const world = await World.create({
    ratePerSecond,
    seed,
    isProxied: fault.isProxied === true,
    settings: fault.settings ?? {},
  });
  try {
    return await injectInto(world, new Oracle(world), fault, options);
  } finally {
    await within(CLOSE_WITHIN_MS, "the end of the pipeline", world.close());
  }
}

/** In a world that others were injected into before; the oracle is that world's. The load is paused afterwards. */
export function injectInto(world: World, oracle: Oracle, fault: Fault, options: RunOptions): Promise<FaultResult> {
  return new FaultRun(world, oracle, fault, options).run();
}

class FaultRun {
  readonly #world: World;
  readonly #fault: Fault;
  readonly #options: RunOptions;
  readonly #oracle: Oracle;
  readonly #random: (below: number) => number;
  #injected = 0;
  readonly #counts = { lost: 0, doubled: 0, differing: 0, process: 0 };
  readonly #differences: string[] = [];
  readonly #recovered: Recovered[] = [];

  constructor(world: World, oracle: Oracle, fault: Fault, options: RunOptions) {
    this.#world = world;
    this.#fault = fault;
    this.#options = options;
    this.#oracle = oracle;
    this.#random = randomOf(options.seed);
  }

  async run(): Promise<FaultResult> {
    const { attempts } = this.#world.load;
    const acknowledgedBefore = attempts.acknowledged;
    try {
      await this.#fault.prepare?.(this.#world);
      await this.#injectAll();
    } catch (error) {
      if (!(error instanceof NotRecovered || error instanceof NotSettled)) throw error;
      this.#note({ kind: "lost", text: error.message });
      this.#noteProcesses();
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
    };
  }

  async #injectAll(): Promise<void> {
    await this.#begin();
    while (this.#injected < this.#options.times) {
      await sleep(PAUSE_MS_MIN + this.#random(PAUSE_MS_SPREAD));
      const { name, lastsMs } = this.#fault;
      await within(
        lastsMs + INJECT_WITHIN_MS,
        `the injection of ${name}`,
        this.#fault.inject(this.#world, this.#random),
      );
      this.#injected++;
      await this.#untilRecovered();
      if (this.#injected % LOOK_AFTER !== 0 || this.#injected === this.#options.times) continue;
      await this.#look();
      if (this.#differences.length > 0) return;
      await this.#begin();
    }
    await this.#look();
  }

  /** Load, until every asset has reported. */
  async #begin(): Promise<void> {
    this.#world.load.resume();
    this.#world.load.recovery.mark();
    await this.#world.load.recovery.complete("report", STEADY_WITHIN_MS);
  }

  async #untilRecovered(): Promise<void> {
    const { measure, recoversWithinMs } = this.#fault;
    const recovered = await this.#world.load.recovery.complete(measure, recoversWithinMs);
    this.#recovered.push(recovered);
    this.#options.tell(
      `${this.#fault.name} ${this.#injected}/${this.#options.times}: back after ${Math.round(recovered.firstMs)} ms, ` +
        `all assets after ${Math.round(recovered.allMs)} ms`,
    );
  }

  async #look(): Promise<void> {
    await this.#world.load.pause();
    await within(2 * SETTLE_WITHIN_MS, "the comparison", this.#compare());
    this.#noteProcesses();
  }

  async #compare(): Promise<void> {
    for await (const difference of this.#oracle.differences(SETTLE_WITHIN_MS)) this.#note(difference);
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
