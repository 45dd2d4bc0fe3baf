/**
 * Decides which server of a cluster to use, and when to try another one. A server that is cut off from the others keeps its
 * connections and stores nothing, so after some silence another server is tried. While the cluster elects a leader no server
 * stores anything: the next try comes only when an election must be over. A server that was left is avoided for a while.
 */
export type AskedBy = "publish" | "request";

const SILENCE_MAX_MS = 3_500;
/** The longest election: nats-server waits 4 to 9 s, and then it needs some time to come back. */
const ELECTION_MAX_MS = 12_000;
/** After so long, a server that was cut off may be in step again. */
const CUT_OFF_AVOIDED_MS = 20_000;
/** A server that was only silent may be a good one: it is avoided just until the next one in turn is tried. */
const SILENT_AVOIDED_MS = 250;
/** How long the only server that is left is kept, before another one is tried again. */
const LAST_RESORT_KEPT_MS = 5_000;
/** A leader hears of each follower every second; one that it has not heard of for so long is lost to it. */
const FOLLOWER_SILENT_MS = 2_500;

/** Whether a leader is cut off: it and the followers that it has heard of lately are no majority. */
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

  /** Starts anew: the silence of one server is not held against the next one. */
  connectionChanged(): void {
    this.#silentSinceMs = null;
  }

  /** Ends the silence. An answered request does not make up for publishes: a former leader still answers requests. */
  answered(by: AskedBy): void {
    if (by === "publish" || this.#silentBy === "request") this.#silentSinceMs = null;
  }

  /** True: the server has been silent for so long that another one should be tried. */
  unanswered(by: AskedBy, askedMs: number, nowMs: number): boolean {
    if (this.#silentSinceMs === null || by === "publish") this.#silentBy = by;
    this.#silentSinceMs ??= askedMs;
    if (this.#servers < 2) return false;
    if (nowMs - this.#silentSinceMs < SILENCE_MAX_MS || nowMs - this.#triedAtMs < ELECTION_MAX_MS) return false;
    this.#triedAtMs = nowMs;
    return true;
  }

  /** False: there is no other server, or lately none of the others was there. */
  mayLeave(nowMs: number): boolean {
    return this.#servers > 1 && nowMs - this.#lastResortAtMs >= LAST_RESORT_KEPT_MS;
  }

  left(server: string, why: "silent" | "cut off", nowMs: number): void {
    this.#avoidedUntilMs.set(server, nowMs + (why === "silent" ? SILENT_AVOIDED_MS : CUT_OFF_AVOIDED_MS));
    this.#refusedInTurn = 0;
  }

  /** The client tries servers in turn: whether it should stay with this one. */
  isWanted(server: string, nowMs: number): boolean {
    const untilMs = this.#avoidedUntilMs.get(server) ?? 0;
    if (nowMs >= untilMs) return true;
    this.#refusedInTurn++;
    if (this.#refusedInTurn <= this.#servers) return false;
    // A whole round without a wanted server: take the one that was left longest ago, and after one more round any.
    const isBest = untilMs === Math.min(...this.#avoidedUntilMs.values());
    if (!isBest && this.#refusedInTurn <= 2 * this.#servers) return false;
    this.#lastResortAtMs = nowMs;
    return true;
  }
}
