import { TokenBucket } from "../../shared/process/token-bucket.js";

export interface HandshakeLimits {
  /** Handshakes a second from one address. */
  readonly handshakesPerSecondMax: number;
}

interface Line {
  readonly bucket: TokenBucket;
  readonly waiting: (() => void)[];
}

/** Waiting handshakes of one address at most; past that one is refused. */
const WAITING_MAX = 1_024;
/** Handshakes begun in one turn of the event loop at most, so that connected clients are served in between. */
const PER_TURN_MAX = 8;
const PAUSE_MS = 10;

/**
 * Begins handshakes in turns of the addresses they come from, and no more of each address than its rate: a flood waits in the
 * line of its own address.
 */
export class HandshakeLine {
  readonly #limits: HandshakeLimits;
  readonly #lines = new Map<string, Line>();
  #isScheduled = false;

  constructor(limits: HandshakeLimits) {
    this.#limits = limits;
  }

  /** Queues a handshake. False: too many of its address wait. */
  enter(address: string, begin: () => void): boolean {
    const line = this.#lines.get(address) ?? this.#newLine(address);
    if (line.waiting.length >= WAITING_MAX) return false;
    line.waiting.push(begin);
    this.#schedule(0);
    return true;
  }

  #newLine(address: string): Line {
    const perSecond = this.#limits.handshakesPerSecondMax;
    const line = { bucket: new TokenBucket({ perSecond, burst: perSecond }, performance.now()), waiting: [] };
    this.#lines.set(address, line);
    return line;
  }

  #schedule(pauseMs: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const run = () => {
      this.#isScheduled = false;
      this.#run(performance.now());
    };
    if (pauseMs === 0) setImmediate(run);
    else setTimeout(run, pauseMs).unref();
  }

  /** Begins one handshake of each address in turn; an address without any is forgotten once its rate has recovered. */
  #run(nowMs: number): void {
    let begun = 0;
    for (const [address, line] of [...this.#lines]) {
      if (begun === PER_TURN_MAX) break;
      if (line.waiting.length === 0) {
        if (line.bucket.isFull(nowMs)) this.#lines.delete(address);
      } else if (line.bucket.take(nowMs)) {
        this.#lines.delete(address);
        this.#lines.set(address, line);
        line.waiting.shift()?.();
        begun += 1;
      }
    }
    if (this.#lines.size > 0) this.#schedule(begun > 0 ? 0 : PAUSE_MS);
  }
}
