/** How fast what has piled up is settled, once it can be: as a multiple of what usually comes in. */
import { pausedFor } from "../../src/shared/process/waits.js";
import type { World } from "./world.js";

const LOOK_MS = 200;
/** What usually comes in is what came in during so long before the fault. */
const BEFORE_MS = 10_000;
/** Less than so many seconds of input is no backlog that would tell a rate. */
const BACKLOG_S_MIN = 3;

interface Look {
  readonly atMs: number;
  readonly settled: number;
}

export class CatchUp {
  readonly #world: World;
  readonly #acknowledged: { readonly atMs: number; readonly count: number }[] = [];
  readonly #inputTimer: NodeJS.Timeout;
  readonly #looking: Promise<void>;
  #looks: Look[] = [];
  #inputPerSecond = 0;
  #isClosed = false;

  constructor(world: World) {
    this.#world = world;
    this.#inputTimer = setInterval(() => this.#noteInput(), LOOK_MS);
    this.#looking = this.#look();
  }

  /** The load has begun anew. */
  loaded(): void {
    this.#acknowledged.length = 0;
    this.#noteInput();
  }

  /** The fault is about to begin. */
  begin(): void {
    this.#noteInput();
    const [first, last] = [this.#acknowledged[0], this.#acknowledged.at(-1)];
    const tookMs = (last?.atMs ?? 0) - (first?.atMs ?? 0);
    if (first !== undefined && last !== undefined && tookMs > 0)
      this.#inputPerSecond = ((last.count - first.count) * 1_000) / tookMs;
  }

  /**
   * The rate of settling divided by that of the input, from the first progress after `fromMs` until `untilMs`, when the
   * first asset had caught up: until then all of them were behind. Null: too little had piled up to tell.
   */
  rate(fromMs: number, untilMs: number): number | null {
    const looks = this.#looks.filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs);
    this.#looks = [];
    const stood = looks[0]?.settled ?? 0;
    const first = looks.findLast(({ settled }) => settled === stood);
    const last = looks.at(-1);
    if (first === undefined || last === undefined || this.#inputPerSecond === 0) return null;
    const settled = last.settled - first.settled;
    if (settled < BACKLOG_S_MIN * this.#inputPerSecond) return null;
    return (settled * 1_000) / (last.atMs - first.atMs) / this.#inputPerSecond;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#inputTimer);
    await this.#looking;
  }

  #noteInput(): void {
    const atMs = performance.now();
    this.#acknowledged.push({ atMs, count: this.#world.load.attempts.acknowledged });
    while ((this.#acknowledged[0]?.atMs ?? atMs) < atMs - BEFORE_MS) this.#acknowledged.shift();
  }

  async #look(): Promise<void> {
    while (!this.#isClosed) {
      const [row] = await this.#world.database
        .query<{ settled: number }>(
          `select coalesce(sum(command_sequence), 0)::bigint as settled from consumer_positions
           where service = 'trade-processing'`,
        )
        .catch(() => []); // it may be what the fault took away
      if (row !== undefined) this.#looks.push({ atMs: performance.now(), settled: row.settled });
      await pausedFor(LOOK_MS);
    }
  }
}
