/**
 * One look at the database: at what is there now, at a part of old history, and again at what differed; and, part by part,
 * each in a snapshot of its own, at what is new since it was looked at. A small database is looked at whole.
 */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import { DeadlineExceeded } from "../shared/domain/errors.js";
import type { Logger } from "../shared/process/log.js";
import {
  type AssetPosition,
  backlogOf,
  forgetCheckpoint,
  isAtPresent,
  moveSums,
  moveVerified,
  oldestUnchecked,
  type Progress,
  readProgress,
} from "./checkpoint.js";
import { type Difference, type Rule, rowKey, ruleOf } from "./comparison.js";
import type { OpenDifference, Place } from "./difference-store.js";
import { beyondRules } from "./ledger-rules.js";
import { differences, historyRules, RULES, stateRules } from "./reconcile.js";
import { nextSlice, partOf, readCursor, SLICE_SIZE, type SliceSize, writeCursor } from "./rotation.js";
import { WINDOW } from "./scope.js";
import { correctSums, createAccountWindows, createSums, createUnsettled, dropState } from "./state-tables.js";
import {
  type AccountWindow,
  type AssetWindow,
  commandsIn,
  eventsIn,
  isEmpty,
  partAbout,
  type Window,
} from "./window.js";
import { createWindow, dropWindow } from "./window-tables.js";

export interface Finding {
  readonly difference: Difference;
  readonly foundIn: Place;
}

export interface Looked {
  readonly findings: readonly Finding[];
  /** Of the open differences, those that were found again, */
  readonly seen: readonly OpenDifference[];
  /** and those that were not, where they had been. */
  readonly resolved: readonly OpenDifference[];
}

export interface PassResult extends Looked {
  readonly orders: number;
  /** What is new and was not looked at yet: for runPart. */
  readonly backlog: readonly AssetWindow[];
}

/** What is left to do, as a snapshot sees it. */
export interface Lag {
  readonly uncheckedCommands: number;
  /** When the oldest of them was written; null: there is none. */
  readonly oldestUncheckedAtMs: number | null;
  /** What old history was looked at again since then is the rotation's present lap. */
  readonly lapStartedAtMs: number;
  readonly checkedThrough: readonly AssetPosition[];
}

export interface PassLimits {
  /** So many commands, transfers and accounts are looked at whole each time. */
  readonly wholeMax: number;
  /** When so much time is over, what is new waits for the next pass. 0: all of it. */
  readonly newMs: number;
  /** Then a look has failed: as long as it lasts, Postgres can't clean up the balances that change all the time. */
  readonly passMs: number;
  /** Of what is new and of old history, what is looked at at once. */
  readonly slice: SliceSize;
}

export const PASS_LIMITS: PassLimits = {
  wholeMax: 5_000,
  newMs: 50_000,
  passMs: 45_000,
  slice: SLICE_SIZE,
};

/** More than anybody can look at; the rest is found when these are right. */
const FINDINGS_MAX = 1_000;
/** Windows of open differences that are looked at again in one pass. */
const RECHECKS_MAX = 4;
const HISTORY_RULES = historyRules(WINDOW);
const STATE_RULES = [...stateRules(WINDOW), ...beyondRules.map(ruleOf)];
const BALANCES = "a balance is the sum of its account's postings";

export async function runPass(
  snapshot: WorkingSnapshot,
  log: Logger,
  open: readonly OpenDifference[],
  limits: PassLimits,
): Promise<PassResult> {
  const progress = await readProgress(snapshot);
  const pass = new Pass(snapshot, log, open, limits, progress);
  const commands = progress.now.reduce((sum, { command }) => sum + command, 0);
  await (commands + progress.lastTransferId + progress.accounts <= limits.wholeMax
    ? pass.lookAtEverything()
    : pass.lookAtWindows());
  return pass.result();
}

/** The next part of a backlog; what remains of it is in the result. */
export async function runPart(
  snapshot: WorkingSnapshot,
  log: Logger,
  open: readonly OpenDifference[],
  limits: PassLimits,
  backlog: readonly AssetWindow[],
): Promise<PassResult> {
  const pass = new Pass(snapshot, log, open, limits, await readProgress(snapshot));
  await pass.lookAtNew(backlog);
  return pass.result();
}

export async function readLag(snapshot: WorkingSnapshot): Promise<Lag> {
  const progress = await readProgress(snapshot);
  const backlog = backlogOf(progress);
  return {
    uncheckedCommands: commandsIn({ assets: backlog, transfers: null }),
    oldestUncheckedAtMs: await oldestUnchecked(snapshot, backlog),
    lapStartedAtMs: (await readCursor(snapshot)).lapStartedAtMs,
    checkedThrough: [...progress.verified.values()],
  };
}

class Pass {
  readonly #snapshot: WorkingSnapshot;
  readonly #log: Logger;
  readonly #open: readonly OpenDifference[];
  readonly #limits: PassLimits;
  readonly #progress: Progress;
  readonly #startedMs = performance.now();
  readonly #findings: Finding[] = [];
  readonly #found = new Set<string>();
  /** Where it was looked to the end. */
  readonly #lookedAt = new Set<string>();
  #orders = 0;
  #backlog: readonly AssetWindow[] = [];

  constructor(
    snapshot: WorkingSnapshot,
    log: Logger,
    open: readonly OpenDifference[],
    limits: PassLimits,
    progress: Progress,
  ) {
    this.#snapshot = snapshot;
    this.#log = log;
    this.#open = open;
    this.#limits = limits;
    this.#progress = progress;
  }

  result(): PassResult {
    const seen = this.#open.filter(({ difference }) => this.#found.has(rowKey(difference)));
    const isRight = (one: OpenDifference) =>
      !seen.includes(one) && (this.#lookedAt.has(EVERYWHERE) || this.#lookedAt.has(placeKey(one.foundIn)));
    return {
      findings: this.#findings,
      seen,
      resolved: this.#open.filter(isRight),
      orders: this.#orders,
      backlog: this.#backlog,
    };
  }

  async lookAtEverything(): Promise<void> {
    await this.#look(RULES, () => ({ of: "everything" }), [EVERYWHERE]);
    if (isAtPresent(this.#progress)) return;
    await forgetCheckpoint(this.#snapshot);
    const anew = { ...this.#progress, summed: new Map(), transferId: 0 };
    await createSums(this.#snapshot, anew);
    await moveSums(this.#snapshot, anew);
    await moveVerified(this.#snapshot, anew.now);
  }

  async lookAtWindows(): Promise<void> {
    const { verified, transferId, lastTransferId } = this.#progress;
    const cursor = await readCursor(this.#snapshot);
    const { newMs, slice: size } = this.#limits;
    const slice = newMs === 0 ? null : await nextSlice(this.#snapshot, verified, cursor, size);
    await createSums(this.#snapshot, this.#progress);
    await this.#lookAtState(verified.size > 0, slice?.accounts ?? []);
    for (const window of this.#windowsToRecheck()) await this.#lookAtWindow(window);
    if (verified.size > 0)
      await this.#lookAtWindow({ assets: [], transfers: { after: transferId, through: lastTransferId } });
    if (slice !== null) await this.#lookAtWindow(slice.window);
    await moveSums(this.#snapshot, this.#progress);
    if (slice !== null) await writeCursor(this.#snapshot, slice.next);
    if (slice?.endsLap === true) this.#endLap(cursor.lapStartedAtMs);
    if (newMs > 0 && verified.size > 0) this.#backlog = backlogOf(this.#progress);
  }

  /** All that is left where it is little, else a part of the first asset's. */
  async lookAtNew(backlog: readonly AssetWindow[]): Promise<void> {
    const { slice } = this.#limits;
    const whole: Window = { assets: backlog, transfers: null };
    const [first, ...others] = backlog;
    if (first === undefined) return;
    const isLittle = commandsIn(whole) <= slice.commands && eventsIn(whole) <= slice.events;
    const part = isLittle ? null : await partOf(this.#snapshot, first, slice);
    const assets = part === null ? backlog : [part];
    await this.#lookAtWindow({ assets, transfers: null });
    await moveVerified(
      this.#snapshot,
      assets.map(({ asset, commands, events, trades }) => {
        const settledCommand = this.#progress.now.find((position) => position.asset === asset)?.settledCommand ?? 0;
        return { asset, command: commands.through, settledCommand, event: events.through, trade: trades.through };
      }),
    );
    if (part !== null) this.#backlog = [...others, ...rest(first, part)];
  }

  async #lookAtState(withNew: boolean, slices: readonly AccountWindow[]): Promise<void> {
    const rechecked = this.#open.flatMap(({ foundIn }) => (foundIn.of === "account" ? [foundIn.window] : []));
    await this.#snapshot.query("set local enable_nestloop = on");
    await createAccountWindows(this.#snapshot, { withNew, others: [...slices, ...rechecked] });
    await createUnsettled(this.#snapshot, this.#progress);
    await this.#correctSums();
    const windows = await this.#snapshot.query<AccountRow>(
      "select account_id, after_sequence, through_sequence from account_windows",
    );
    const placeOf = (difference: Difference): Place => accountPlace(difference, windows) ?? { of: "state" };
    const places = rechecked.map((window) => placeKey({ of: "account", window }));
    await this.#look(STATE_RULES, placeOf, [placeKey({ of: "state" }), ...places]);
    await dropState(this.#snapshot);
    await this.#snapshot.query("set local enable_nestloop = off");
  }

  /** A balance is only said to differ when all of its postings say so, not just what was added up of them before. */
  async #correctSums(): Promise<void> {
    const rules = STATE_RULES.filter(({ rule }) => rule === BALANCES);
    const keys = new Map<string, { account_id: string; currency: string }>();
    for await (const { row } of differences(this.#snapshot, undefined, rules)) {
      const { account_id: account, currency } = row.key;
      if (keys.size < FINDINGS_MAX && account && currency)
        keys.set(`${account} ${currency}`, { account_id: account, currency });
    }
    if (keys.size === 0) return;
    await this.#snapshot.query("close all; savepoint before_correction");
    try {
      const corrected = await correctSums(this.#snapshot, [...keys.values()]);
      if (corrected > 0) this.#log.warn({ corrected }, "what was added up of the ledger was wrong, and is put right");
    } catch (err) {
      await this.#snapshot.query("rollback to savepoint before_correction");
      this.#log.warn({ err }, "the ledger can't be added up anew; what was added up before counts");
    }
  }

  async #lookAtWindow(window: Window): Promise<void> {
    if (isEmpty(window)) return;
    this.#orders += await createWindow(this.#snapshot, window);
    const placeOf = ({ row, source }: Difference): Place => ({
      of: "window",
      window: partAbout(window, assetOf(row.key) ?? assetOf(source.key)),
    });
    await this.#look(HISTORY_RULES, placeOf, [placeKey({ of: "window", window })]);
    await dropWindow(this.#snapshot);
  }

  /** Those first that were looked at the longest ago: `open` is in the order in which they were seen last. */
  #windowsToRecheck(): Window[] {
    const windows = new Map<string, Window>();
    for (const { foundIn } of this.#open)
      if (foundIn.of === "window" && windows.size < RECHECKS_MAX && this.#limits.newMs > 0)
        windows.set(placeKey(foundIn), foundIn.window);
    return [...windows.values()];
  }

  /** What was found when everything was looked at has come by again since. */
  #endLap(startedAtMs: number): void {
    if (this.#open.every(({ lastSeenAtMs }) => lastSeenAtMs < startedAtMs))
      this.#lookedAt.add(placeKey({ of: "everything" }));
  }

  async #look(
    rules: readonly Rule[],
    placeOf: (difference: Difference) => Place,
    places: readonly string[],
  ): Promise<void> {
    for await (const difference of differences(this.#snapshot, () => this.#checkTime(), rules)) {
      const key = rowKey(difference);
      if (this.#found.has(key)) continue;
      if (this.#findings.length >= FINDINGS_MAX) return;
      this.#found.add(key);
      this.#findings.push({ difference, foundIn: placeOf(difference) });
    }
    for (const place of places) this.#lookedAt.add(place);
  }

  /** As long as it looks, Postgres can't clean up. */
  #checkTime(): void {
    const { passMs } = this.#limits;
    if (performance.now() - this.#startedMs > passMs) throw new DeadlineExceeded(`a pass took more than ${passMs} ms`);
  }
}

/** What is left of a window when that part of it was looked at. */
function rest(whole: AssetWindow, { commands, events, trades }: AssetWindow): AssetWindow[] {
  const left = {
    asset: whole.asset,
    commands: { after: commands.through, through: whole.commands.through },
    events: { after: events.through, through: whole.events.through },
    trades: { after: trades.through, through: whole.trades.through },
  };
  return left.commands.after < left.commands.through || left.events.after < left.events.through ? [left] : [];
}

interface AccountRow {
  readonly account_id: number;
  readonly after_sequence: number;
  readonly through_sequence: number;
}

const EVERYWHERE = "everywhere";

function placeKey(place: Place): string {
  return JSON.stringify(place);
}

function assetOf(key: Readonly<Record<string, string | null>>): string | null {
  return key["asset"] ?? key["source"] ?? null;
}

/** Of what is found in an account's sequence. */
function accountPlace({ row: { table, key } }: Difference, windows: readonly AccountRow[]): Place | null {
  if (table !== "execution_reports" && table !== "account_sequences") return null;
  const sequence = Number(key["account_sequence"] ?? Number.NaN);
  const about = windows.filter((window) => window.account_id === Number(key["account_id"]));
  const found = about.find(
    ({ after_sequence, through_sequence }) => after_sequence < sequence && sequence <= through_sequence,
  );
  const window = found ?? about[0];
  if (window === undefined) return null;
  const sequences = { after: window.after_sequence, through: window.through_sequence };
  return { of: "account", window: { accountId: window.account_id, sequences } };
}
