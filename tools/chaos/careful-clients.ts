/** Clients whose orders go when they do: sessions that cancel on disconnect, and a dead man's switch. */
import { pausedFor } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";
import type { Client } from "./client.js";

export const SESSION_ACCOUNTS = ["leaves1", "leaves2", "leaves3", "leaves4"] as const;
export const TIMER_ACCOUNTS = ["timed1"] as const;

/** From the one to the other, by the wall clock, nothing may be cancelled. */
export interface SafeTime {
  readonly fromMs: number;
  untilMs: number;
  /** It was away for too long then, and one cancel since is right, however late it comes. */
  readonly owedSinceMs: number | null;
}

const STEP_MS = 200;
const STAY_STEPS_MIN = 15;
const STAY_STEPS_SPREAD = 50;
/** Below and above the two seconds in which a session may come back. */
const SHORT_ABSENCE_MS = 300;
const LONG_ABSENCE_MS = 4_000;
/** Who is back by then keeps his orders for certain. */
const FORGIVEN_ABSENCE_MS = 1_500;
/** What a session left behind that ended without a word may fire so long after the next one began. */
export const EARLIER_SESSIONS_MS = 5_000;
const TIMER_S = 3;
const STEPS_PER_RENEWAL = 5;
const KEPT_MAX = 200;
const ANSWERED_WITHIN_MS = 20_000;

/** Stays, leaves and comes back, over and over. */
export abstract class CarefulClient {
  readonly accountId: number;
  readonly safeTimes: SafeTime[] = [];
  protected readonly client: Client;
  readonly #random: (below: number) => number;
  #isPaused = true;
  #running: Promise<void> = Promise.resolve();

  constructor(client: Client, random: (below: number) => number) {
    this.accountId = client.accountId;
    this.client = client;
    this.#random = random;
  }

  protected abstract step(step: number): void;
  /** From now on nobody says that he is there. */
  protected abstract leave(): void;
  /** After the last order: from now on everything is to go, once he has left. */
  protected abstract makeSure(): Promise<void>;

  resume(): void {
    this.#isPaused = false;
    this.client.resume();
    this.#running = this.#run();
  }

  /** Leaves, for as long as it is paused. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#running;
    this.client.pause();
    const startedMs = performance.now();
    while (this.client.open > 0 && performance.now() - startedMs < patience(ANSWERED_WITHIN_MS))
      await pausedFor(STEP_MS);
    await this.makeSure();
    this.leave();
  }

  close(): void {
    this.#isPaused = true;
    this.client.close();
  }

  protected noteSafe(time: SafeTime): void {
    if (this.safeTimes.push(time) > KEPT_MAX) this.safeTimes.shift();
  }

  async #run(): Promise<void> {
    while (!this.#isPaused) {
      const steps = STAY_STEPS_MIN + this.#random(STAY_STEPS_SPREAD);
      for (let step = 0; step < steps && !this.#isPaused; step++) {
        void this.client.placeResting();
        this.step(step);
        await pausedFor(STEP_MS);
      }
      // A session that waits for answers ends with them: it could not be said when its orders are to go.
      if (this.client.open > 0) continue;
      this.leave();
      const backMs = performance.now() + (this.#random(2) === 0 ? SHORT_ABSENCE_MS : LONG_ABSENCE_MS);
      while (performance.now() < backMs && !this.#isPaused) await pausedFor(STEP_MS);
    }
  }
}

export class SessionClient extends CarefulClient {
  #safe: SafeTime | null = null;
  #seenMs = 0;
  #owedSinceMs: number | null = null;

  protected override step(): void {
    const { openedAtMs } = this.client;
    if (openedAtMs === null) return;
    const fromMs = openedAtMs + EARLIER_SESSIONS_MS;
    if (this.#safe?.fromMs !== fromMs) {
      if (openedAtMs - this.#seenMs > FORGIVEN_ABSENCE_MS) this.#owedSinceMs = this.#seenMs;
      this.#safe = { fromMs, untilMs: Date.now(), owedSinceMs: this.#owedSinceMs };
      this.noteSafe(this.#safe);
    }
    this.#seenMs = Date.now();
    this.#safe.untilMs = this.#seenMs;
  }

  protected override leave(): void {
    this.client.disconnect();
  }

  protected override async makeSure(): Promise<void> {}
}

export class TimerClient extends CarefulClient {
  protected override step(step: number): void {
    if (step % STEPS_PER_RENEWAL === 0) void this.#renew();
  }

  protected override leave(): void {}

  /** An order that came after the timer had run out would stay. */
  protected override async makeSure(): Promise<void> {
    const startedMs = performance.now();
    while (!(await this.#renew()) && performance.now() - startedMs < patience(ANSWERED_WITHIN_MS))
      await pausedFor(STEP_MS);
  }

  /** Whether it is known to be set. */
  async #renew(): Promise<boolean> {
    const sentAtMs = Date.now();
    const answer = await this.client.say(`TIMER ${TIMER_S}`);
    if (answer !== `OK TIMER ${TIMER_S}`) return false;
    this.noteSafe({ fromMs: Date.now(), untilMs: sentAtMs + TIMER_S * 1_000, owedSinceMs: null });
    return true;
  }
}
