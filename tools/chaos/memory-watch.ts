/** What each process takes, looked at all the time: what grows while a server is away is a queue without an end. */
import type { ServiceProcess } from "./service-processes.js";

export interface Growth {
  readonly process: string;
  readonly beforeMb: number;
  readonly grownMb: number;
}

const LOOK_MS = 200;
/** A process that is younger still makes room for what it needs anyway. */
const WARM_AFTER_MS = 10_000;
/** Garbage comes and goes; before the fault counts what was usual so long. */
const BEFORE_MS = 5_000;

interface Look {
  readonly atMs: number;
  readonly megabytes: number;
}

/** One process; a name that was started again is another. */
interface Watched {
  readonly name: string;
  readonly looks: Look[];
  readonly firstMs: number;
  beforeMb: number | null;
  peakMb: number;
}

export class MemoryWatch {
  readonly #processes: readonly ServiceProcess[];
  readonly #watched = new Map<number, Watched>();
  readonly #timer: NodeJS.Timeout;

  /** `processes` may change. */
  constructor(processes: readonly ServiceProcess[]) {
    this.#processes = processes;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** From here on everything above what is usual now is growth. */
  begin(): void {
    const nowMs = performance.now();
    for (const watched of this.#watched.values()) {
      const sorted = watched.looks.map(({ megabytes }) => megabytes).sort((a, b) => a - b);
      const isWarm = nowMs - watched.firstMs >= WARM_AFTER_MS;
      watched.beforeMb = isWarm ? (sorted[sorted.length >> 1] ?? null) : null;
      watched.peakMb = watched.beforeMb ?? 0;
    }
  }

  /** How long the youngest process has been watched. */
  youngestMs(): number {
    const nowMs = performance.now();
    const ages = this.#processes.map((process) => {
      const watched = this.#watched.get(process.memory()?.pid ?? 0);
      return watched === undefined ? 0 : nowMs - watched.firstMs;
    });
    return Math.min(...ages);
  }

  /** Since `begin`, of processes that were warm then: how much more each had at most. */
  growths(): Growth[] {
    return [...this.#watched.values()].flatMap(({ name: process, beforeMb, peakMb }) =>
      beforeMb === null ? [] : [{ process, beforeMb, grownMb: peakMb - beforeMb }],
    );
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const atMs = performance.now();
    for (const process of this.#processes) {
      const taken = process.memory();
      if (taken === null) continue;
      const { pid, megabytes } = taken;
      const name = `${process.service} ${process.instance}`;
      const watched = this.#watched.get(pid) ?? { name, looks: [], firstMs: atMs, beforeMb: null, peakMb: 0 };
      this.#watched.set(pid, watched);
      watched.peakMb = Math.max(watched.peakMb, megabytes);
      watched.looks.push({ atMs, megabytes });
      while ((watched.looks[0]?.atMs ?? atMs) < atMs - BEFORE_MS) watched.looks.shift();
    }
  }
}
