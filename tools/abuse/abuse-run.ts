/** One attack beside honest clients, and the verdict on what they saw meanwhile. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { beforeDeadline, pausedFor } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";
import { residentMegabytes } from "../load/resident-memory.js";
import type { Attack, Attacked } from "./attacks.js";
import { HonestClients, type Seen } from "./honest-clients.js";

export interface AbuseResult {
  readonly attack: Attack;
  readonly quiet: Seen;
  readonly seen: Seen;
  readonly did: string;
  /** Of the service that grew most, and by how much; null: processes are not known. */
  readonly grown: { readonly service: string; readonly megabytes: number } | null;
  /** What honest clients must not see, in words; empty: it holds. */
  readonly broken: readonly string[];
  /** What took honest clients longer than it may: means something only over many seconds, on a machine of one's own. */
  readonly slow: readonly string[];
}

/** Issue 12: another's p99 stays within three times its quiet value; nobody waits for a login or a subscription. */
const QUIET_TIMES_MAX = 3;
const ACK_P99_NO_HARM_MS = 50;
const NEWCOMER_WITHIN_MS = 1_000;
const GROWTH_MAX_MB = 200;
const QUIET_WITHIN_MS = 90_000;
const STOPS_WITHIN_MS = 20_000;
const LOOK_MS = 200;
const ATTACKER = fileURLToPath(new URL("attacker.ts", import.meta.url));

export interface Times {
  readonly attackMs: number;
  /** How long at least honest clients are watched before: what is usual is worth as much as the time it is taken from. */
  readonly quietMs: number;
}

export async function abuse(attack: Attack, attacked: Attacked, { attackMs, quietMs }: Times): Promise<AbuseResult> {
  const honest = new HonestClients(attacked.target);
  const memory = new Growth(attacked);
  try {
    const quiet = await untilQuiet(honest, quietMs);
    memory.begin();
    // What the attacker's program takes to load is no attack.
    const { did, got } = await attackFor(attackMs, attack, attacked, () => honest.take());
    const seen = honest.take();
    const grown = memory.largest();
    return {
      attack,
      quiet,
      seen,
      did,
      grown,
      broken: [...got, ...harm(seen, grown)],
      slow: delay(attack, quiet, seen),
    };
  } finally {
    memory.close();
    await honest.stop();
  }
}

/** What is usual when nobody attacks; an attack before this one may have left something to be done. */
async function untilQuiet(honest: HonestClients, quietMs: number): Promise<Seen> {
  const startedMs = performance.now();
  for (;;) {
    await pausedFor(quietMs);
    const seen = honest.take();
    if (seen.ack.count > 0 && seen.refused.size === 0) return seen;
    if (performance.now() - startedMs < patience(QUIET_WITHIN_MS)) continue;
    throw new Error(`honest clients are refused though nobody attacks: ${[...seen.refused.keys()].join("; ")}`);
  }
}

/** What the attacker's process says. */
interface Told {
  readonly began?: true;
  readonly did?: string;
  readonly got?: string;
}

async function attackFor(
  ms: number,
  attack: Attack,
  attacked: Attacked,
  onBegun: () => void,
): Promise<{ did: string; got: string[] }> {
  const child = fork(ATTACKER, [attack.name, JSON.stringify(attacked)], { execArgv: ["--import=tsx"] });
  const told: Told[] = [];
  let timer: NodeJS.Timeout | undefined;
  child.on("message", (message: Told) => {
    told.push(message);
    if (!message.began) return;
    onBegun();
    timer = setTimeout(() => child.kill("SIGTERM"), ms);
  });
  const ended = once(child, "exit");
  try {
    const [code] = await beforeDeadline(ended, ms + patience(STOPS_WITHIN_MS), `${attack.name} has not ended`);
    if (code !== 0) throw new Error(`${attack.name} ended with ${code}`);
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
  }
  return {
    did: told.find(({ did }) => did !== undefined)?.did ?? "",
    got: told.flatMap(({ got }) => (got === undefined ? [] : [got])),
  };
}

function harm(seen: Seen, grown: AbuseResult["grown"]): string[] {
  const broken = [...seen.refused].map(([why, times]) => `${times} × ${why}`);
  if (seen.ack.count === 0) broken.push("no order was answered");
  if (grown !== null && grown.megabytes > GROWTH_MAX_MB)
    broken.push(`${grown.service} grew by ${Math.round(grown.megabytes)} MB`);
  return broken;
}

function delay({ ackP99NoHarmMs = patience(ACK_P99_NO_HARM_MS) }: Attack, quiet: Seen, seen: Seen): string[] {
  const slow: string[] = [];
  const p99MaxMs = Math.max(QUIET_TIMES_MAX * quiet.ack.p99, ackP99NoHarmMs);
  if (seen.ack.p99 > p99MaxMs)
    slow.push(`ACK p99 ${Math.round(seen.ack.p99)} ms, more than ${Math.round(p99MaxMs)} ms`);
  for (const [what, slowestMs] of [
    ["login", seen.slowestLoginMs],
    ["subscription", seen.slowestSubscriptionMs],
  ] as const)
    if (slowestMs > patience(NEWCOMER_WITHIN_MS)) slow.push(`a ${what} took ${Math.round(slowestMs)} ms`);
  return slow;
}

/** How much more than at the beginning each service took at most. */
class Growth {
  readonly #services: Attacked["target"]["services"];
  readonly #before = new Map<string, number>();
  readonly #peaks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor({ target }: Attacked) {
    this.#services = target.services;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  begin(): void {
    for (const { name, pid } of this.#services) this.#before.set(name, residentMegabytes(pid) ?? 0);
    this.#peaks.clear();
  }

  largest(): AbuseResult["grown"] {
    const grown = [...this.#peaks].map(([service, peak]) => ({
      service,
      megabytes: peak - (this.#before.get(service) ?? 0),
    }));
    return grown.sort((a, b) => b.megabytes - a.megabytes)[0] ?? null;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const { name, pid } of this.#services)
      this.#peaks.set(name, Math.max(this.#peaks.get(name) ?? 0, residentMegabytes(pid) ?? 0));
  }
}
