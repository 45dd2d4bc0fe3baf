/**
 * Which of several servers to use, and when to try another one. A server that is cut off from the others keeps its
 * connections and stores nothing. Neither does any other while the cluster elects a leader, so silence is worth one try, and
 * the next only when an election is over for sure. Who was left is not gone back to: it would be waited for in vain again.
 */
export type AskedBy = "publish" | "request";

const SILENCE_MAX_MS = 3_500;
/** nats-server's own, 4 to 9 s, and time to come back. */
const ELECTION_MAX_MS = 12_000;
/** After which a server that was cut off may be in step again. */
const CUT_OFF_AVOIDED_MS = 20_000;
/** A server that was only silent may be a good one: it is avoided as long as the next one in turn is tried. */
const SILENT_AVOIDED_MS = 250;
const LAST_RESORT_KEPT_MS = 5_000;
/** A leader hears of each follower every second. */
const FOLLOWER_SILENT_MS = 2_500;

/** Whether a leader that heard of its followers so long ago is cut off: it and those that it hears of are no majority. */
export function isMinority(followersHeardAgoMs: readonly number[]): boolean {
  const heard = followersHeardAgoMs.filter((agoMs) => agoMs < FOLLOWER_SILENT_MS).length;
  return 2 * (heard + 1) <= followersHeardAgoMs.length + 1;
}

export class ServerChoice {
  readonly #servers: number;
  readonly #avoidedUntilMs = new Map<string, number>();
  #silentSinceMs: number | null = null;
  #silentBy: AskedBy = "request";
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #lastResortAtMs = Number.NEGATIVE_INFINITY;
  #refusedInTurn = 0;

  constructor(servers: number) {
    this.#servers = servers;
  }

  /** The silence of one server is not held against the next one. */
  connectionChanged(): void {
    this.#silentSinceMs = null;
  }

  /** A server that was the leader goes on answering questions: that does not make up for publishes. */
  answered(by: AskedBy): void {
    if (by === "publish" || this.#silentBy === "request") this.#silentSinceMs = null;
  }

  /** True: it has been silent for so long that another one is worth the try. */
  unanswered(by: AskedBy, askedMs: number, nowMs: number): boolean {
    if (this.#silentSinceMs === null || by === "publish") this.#silentBy = by;
    this.#silentSinceMs ??= askedMs;
    if (this.#servers < 2) return false;
    if (nowMs - this.#silentSinceMs < SILENCE_MAX_MS || nowMs - this.#triedAtMs < ELECTION_MAX_MS) return false;
    this.#triedAtMs = nowMs;
    return true;
  }

  /** Where nobody else was there it does not try again so soon. */
  mayLeave(nowMs: number): boolean {
    return this.#servers > 1 && nowMs - this.#lastResortAtMs >= LAST_RESORT_KEPT_MS;
  }

  left(server: string, why: "silent" | "cut off", nowMs: number): void {
    this.#avoidedUntilMs.set(server, nowMs + (why === "silent" ? SILENT_AVOIDED_MS : CUT_OFF_AVOIDED_MS));
    this.#refusedInTurn = 0;
  }

  /** The client takes them in turn: whether to stay where it has come to. */
  isWanted(server: string, nowMs: number): boolean {
    const untilMs = this.#avoidedUntilMs.get(server) ?? 0;
    if (nowMs >= untilMs) return true;
    this.#refusedInTurn++;
    if (this.#refusedInTurn <= this.#servers) return false;
    // Nobody else is there, or they were left, too: the one that was left longest ago, or any.
    const isBest = untilMs === Math.min(...this.#avoidedUntilMs.values());
    if (!isBest && this.#refusedInTurn <= 2 * this.#servers) return false;
    this.#lastResortAtMs = nowMs;
    return true;
  }
}
