/**
 * A pass over the database. It looks at the present state, at the next part of old history, and again at the places of open
 * differences, in one snapshot (`runPass`); then at new history part by part, each in a snapshot of its own (`runPart`). A
 * small database is looked at whole.
 */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import { DeadlineExceeded } from "../shared/domain/errors.js";
import type { Logger } from "../shared/process/log.js";
import {
  backlogOf,
  forgetCheckpoint,
  type HistoryPosition,
  isAtPresent,
  moveSums,
  moveVerified,
  oldestUnchecked,
  type Progress,
  readProgress,
} from "./checkpoint.js";
import { DROP_PRESENT_VIEWS, PRESENT_VIEWS } from "./closed-days.js";
import type { Difference } from "./comparison.js";
import type { OpenDifference, Place } from "./difference-store.js";
import { EVERYWHERE, Findings, type Looked, placeKey } from "./findings.js";
import { historyRules, RULES } from "./reconcile.js";
import { nextSlice, partOf, readCursor, SLICE_SIZE, type SliceSize, writeCursor } from "./rotation.js";
import { WINDOW } from "./scope.js";
import { lookAtState } from "./state-look.js";
import { createSums } from "./state-tables.js";
import { type AssetWindow, commandsIn, eventsIn, isEmpty, partAbout, type Window } from "./window.js";
import { createWindow, dropWindow } from "./window-tables.js";

export interface PassResult extends Looked {
  readonly orders: number;
  /** New history that was not looked at yet, for `runPart`. */
  readonly backlog: readonly AssetWindow[];
}

/** How far reconciliation is behind, as a snapshot shows it. */
export interface Lag {
  readonly uncheckedCommands: number;
  /** When the oldest unchecked command was written; null: there is none. */
  readonly oldestUncheckedAtMs: number | null;
  /** When the present lap over old history began (rotation.ts). */
  readonly lapStartedAtMs: number;
  readonly checkedThrough: readonly HistoryPosition[];
}

export interface PassLimits {
  /** A database of at most so many commands, transfers and accounts is looked at whole in each pass. */
  readonly wholeMax: number;
  /** After so long, the rest of new history waits for the next pass. 0: all of it waits, and old history, too. */
  readonly newMs: number;
  /** A look that takes longer fails: while it lasts, Postgres can't clean up the balances, which change all the time. */
  readonly passMs: number;
  /** How much history, new or old, one look takes at most. */
  readonly slice: SliceSize;
}

export const PASS_LIMITS: PassLimits = {
  wholeMax: 5_000,
  newMs: 50_000,
  passMs: 45_000,
  slice: SLICE_SIZE,
};

/** Windows of open differences that are looked at again in one pass. */
const RECHECKS_MAX = 4;
const HISTORY_RULES = historyRules(WINDOW);

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

/** Looks at the next part of a backlog; the result's `backlog` is the rest of it. */
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
  readonly #findings: Findings;
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
    this.#findings = new Findings(snapshot, open, () => this.#checkTime());
  }

  result(): PassResult {
    return { ...this.#findings.result(), orders: this.#orders, backlog: this.#backlog };
  }

  async lookAtEverything(): Promise<void> {
    await this.#snapshot.query(PRESENT_VIEWS);
    await this.#findings.look(RULES, () => ({ of: "everything" }), [EVERYWHERE]);
    await this.#snapshot.query(`close all; ${DROP_PRESENT_VIEWS}`);
    if (isAtPresent(this.#progress)) return;
    await forgetCheckpoint(this.#snapshot);
    const anew = { ...this.#progress, summed: new Map(), transferId: 0 };
    await createSums(this.#snapshot, anew);
    await moveSums(this.#snapshot, anew);
    await moveVerified(this.#snapshot, anew.now);
  }

  async lookAtWindows(): Promise<void> {
    const { verified, closed, transferId, lastTransferId } = this.#progress;
    const [snapshot, log, open, progress] = [this.#snapshot, this.#log, this.#open, this.#progress];
    const cursor = await readCursor(snapshot);
    const { newMs, slice: size } = this.#limits;
    const slice = newMs === 0 ? null : await nextSlice(snapshot, { verified, closed }, cursor, size);
    await createSums(snapshot, progress);
    await lookAtState(this.#findings, { snapshot, log, open, progress, slices: slice?.accounts ?? [] });
    for (const window of this.#windowsToRecheck()) await this.#lookAtWindow(window);
    if (verified.size > 0)
      await this.#lookAtWindow({ assets: [], transfers: { after: transferId, through: lastTransferId } });
    if (slice !== null) await this.#lookAtWindow(slice.window);
    await moveSums(snapshot, progress);
    if (slice !== null) await writeCursor(snapshot, slice.next);
    if (slice?.endsLap === true) this.#endLap(cursor.lapStartedAtMs);
    if (newMs > 0 && verified.size > 0) this.#backlog = backlogOf(progress);
  }

  /** Looks at the whole backlog if it is small, else at a part of its first asset's. */
  async lookAtNew(backlog: readonly AssetWindow[]): Promise<void> {
    const { slice } = this.#limits;
    const whole: Window = { assets: backlog, transfers: null };
    const [first, ...others] = backlog;
    if (first === undefined) return;
    const isSmall = commandsIn(whole) <= slice.commands && eventsIn(whole) <= slice.events;
    const part = isSmall ? null : await partOf(this.#snapshot, first, slice);
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

  async #lookAtWindow(window: Window): Promise<void> {
    if (isEmpty(window)) return;
    this.#orders += await createWindow(this.#snapshot, window);
    const placeOf = ({ row, source }: Difference): Place => ({
      of: "window",
      window: partAbout(window, assetOf(row.key) ?? assetOf(source.key)),
    });
    await this.#findings.look(HISTORY_RULES, placeOf, [placeKey({ of: "window", window })]);
    await dropWindow(this.#snapshot);
  }

  /** The windows of open differences that were seen the longest ago: `open` is in the order of its last seeing. */
  #windowsToRecheck(): Window[] {
    const windows = new Map<string, Window>();
    for (const { foundIn } of this.#open)
      if (foundIn.of === "window" && windows.size < RECHECKS_MAX && this.#limits.newMs > 0)
        windows.set(placeKey(foundIn), foundIn.window);
    return [...windows.values()];
  }

  /** Differences found in the whole database are right again if a whole lap over old history has not found them. */
  #endLap(startedAtMs: number): void {
    if (this.#open.every(({ lastSeenAtMs }) => lastSeenAtMs < startedAtMs))
      this.#findings.lookedAt({ of: "everything" });
  }

  #checkTime(): void {
    const { passMs } = this.#limits;
    if (performance.now() - this.#startedMs > passMs) throw new DeadlineExceeded(`a pass took more than ${passMs} ms`);
  }
}

/** The window less a part that was looked at; none if nothing is left. */
function rest(whole: AssetWindow, { commands, events, trades }: AssetWindow): AssetWindow[] {
  const left = {
    asset: whole.asset,
    commands: { after: commands.through, through: whole.commands.through },
    events: { after: events.through, through: whole.events.through },
    trades: { after: trades.through, through: whole.trades.through },
  };
  return left.commands.after < left.commands.through || left.events.after < left.events.through ? [left] : [];
}

function assetOf(key: Readonly<Record<string, string | null>>): string | null {
  return key["asset"] ?? key["source"] ?? null;
}
