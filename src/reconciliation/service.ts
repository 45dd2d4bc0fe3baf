/** Reconciliation as a service: runs pass after pass, raises the alarm over what differs, and halts the assets concerned. */

import { openWorkingSnapshot, type WorkingSnapshot } from "../shared/database/snapshot.js";
import type { Asset, AssetRegistry } from "../shared/domain/assets.js";
import { DeadlineExceeded } from "../shared/domain/errors.js";
import type { Service } from "../shared/process/lifecycle.js";
import { pausedFor, unlessStopped } from "../shared/process/waits.js";
import { Alarm, type Suspicions } from "./alarm.js";
import { BookPass } from "./book-pass.js";
import type { DifferenceStore, OpenDifference } from "./difference-store.js";
import type { EngineBooks } from "./engine-books.js";
import type { Looked } from "./findings.js";
import { paced, RestFactor } from "./pace.js";
import { type PassLimits, type PassResult, readLag, runPart, runPass } from "./pass.js";
import { ReconciliationMetrics } from "./reconciliation-metrics.js";

export interface ReconciliationOptions {
  readonly databaseUrl: string;
  readonly registry: AssetRegistry;
  readonly intervalMs: number;
  /** The length of the rest after a statement, as a multiple of it; shorter while passes don't get done (pace.ts). */
  readonly restFactor: number;
  readonly limits: PassLimits;
}

/** The lock in Postgres that lets one process work at a time. */
const LOCK = "bourse reconciliation";
const STATEMENT_TIMEOUT_MS = 20_000;
/** The first pass starts after this share of the interval. */
const FIRST_PASS_FACTOR = 0.1;
/** A pass is followed by a rest of this share of it at least, also if it took longer than the interval. */
const LATE_REST_FACTOR = 0.25;
/** A book that took a while to compare is compared again after ten times as long, whatever snapshots come meanwhile. */
const BOOK_REST_FACTOR = 10;
/** Looks at the same place at most, until one finds nothing that the look before it has not found. */
const LOOKS_MAX = 5;

type Look<L extends Looked> = (snapshot: WorkingSnapshot, open: readonly OpenDifference[]) => Promise<L>;

export class Reconciliation {
  readonly #service: Pick<Service, "log" | "stopping">;
  readonly #store: DifferenceStore;
  readonly #options: ReconciliationOptions;
  readonly #metrics: ReconciliationMetrics;
  readonly #books: EngineBooks;
  readonly #alarm: Alarm;
  readonly #rests: RestFactor;
  readonly #booksNotBeforeMs = new Map<string, number>();
  #open: readonly OpenDifference[] = [];
  #failure: string | null = null;

  constructor(
    service: Pick<Service, "log" | "stopping" | "metrics">,
    store: DifferenceStore,
    books: EngineBooks,
    options: ReconciliationOptions,
  ) {
    this.#service = service;
    this.#store = store;
    this.#options = options;
    this.#books = books;
    this.#rests = new RestFactor(options.restFactor);
    const { assets } = options.registry;
    this.#metrics = new ReconciliationMetrics(service.metrics, assets);
    this.#alarm = new Alarm(service.log, store, assets, this.#metrics.vanished);
  }

  /** Runs passes until the service stops. */
  async run(): Promise<void> {
    const { intervalMs } = this.#options;
    let waitMs = intervalMs * FIRST_PASS_FACTOR;
    while (await pausedFor(waitMs, this.#service.stopping)) {
      const startedMs = performance.now();
      await this.#pass();
      const tookMs = performance.now() - startedMs;
      waitMs = Math.max(intervalMs - tookMs, tookMs * LATE_REST_FACTOR);
    }
  }

  /** For /readyz: what differs, or why the last pass failed; null: all is well. */
  problem(): string | null {
    const assets = new Set(this.#open.flatMap((open) => open.assets));
    if (this.#open.length > 0) return `${this.#open.length} differences, of ${[...assets].join(", ") || "no asset"}`;
    return this.#failure;
  }

  /** Runs one pass. Never rejects: a pass that fails is no difference; it is logged, and the next one comes. */
  async #pass(): Promise<void> {
    const { log } = this.#service;
    try {
      const isMine = await this.#look();
      this.#open = await this.#store.open();
      this.#metrics.differences(this.#open);
      if (this.#failure !== null) log.info("reconciliation works again");
      this.#failure = null;
      this.#metrics.passes.inc({ outcome: isMine ? "done" : "another's" });
    } catch (err) {
      this.#metrics.passes.inc({ outcome: "failed" });
      if (this.#failure === null && !this.#service.stopping.aborted)
        log.warn({ err }, "reconciliation can't look; trying again");
      this.#failure = `the last pass failed: ${(err as Error).message}`;
    }
  }

  /** Looks at everything that is due. False: another process does so. */
  async #look(): Promise<boolean> {
    const { stopping } = this.#service;
    const startedMs = performance.now();
    const limits = this.#limits();
    const pass = await this.#inSnapshot((snapshot, open) => runPass(snapshot, this.#service.log, open, limits));
    if (pass === null) return false;
    const { orders, isDone } = await this.#lookAtBacklog(pass.backlog, limits, startedMs);
    this.#rests.passed(isDone);
    await this.#tellLag();
    this.#metrics.passed(pass.orders + orders, performance.now() - startedMs);
    for (const terms of this.#options.registry.assets.values())
      if (this.#books.isReachable() && !stopping.aborted) await this.#lookAtBook(terms);
    return true;
  }

  /** Looks at new history part by part while there is time. Returns how many orders it had, and whether it is done. */
  async #lookAtBacklog(
    backlog: PassResult["backlog"],
    limits: PassLimits,
    startedMs: number,
  ): Promise<{ readonly orders: number; readonly isDone: boolean }> {
    let orders = 0;
    let left = backlog;
    while (left.length > 0 && performance.now() - startedMs < limits.newMs) {
      const part = await this.#inSnapshot((snapshot, open) => runPart(snapshot, this.#service.log, open, limits, left));
      orders += part?.orders ?? 0;
      left = part?.backlog ?? [];
    }
    return { orders, isDone: left.length === 0 };
  }

  async #tellLag(): Promise<void> {
    const nothing: Looked = { findings: [], seen: [], resolved: [] };
    await this.#inSnapshot(async (snapshot) => {
      this.#metrics.lag(await readLag(snapshot));
      return nothing;
    });
  }

  /** The limits of this pass: after one that failed, perhaps because it was too long, as short as can be. */
  #limits(): PassLimits {
    const { limits } = this.#options;
    return this.#failure === null ? limits : { ...limits, newMs: 0 };
  }

  /** Compares the asset's newest book, unless its last comparison was too short a while ago. */
  async #lookAtBook(terms: Asset): Promise<void> {
    const startedMs = performance.now();
    if (startedMs < (this.#booksNotBeforeMs.get(terms.asset) ?? 0)) return;
    const book = await this.#books.newest(terms);
    if (book === null) return;
    const pass = new BookPass(book);
    if ((await this.#inSnapshot((snapshot) => pass.begin(snapshot))) === null) return;
    let outcome = pass.outcome();
    for (; outcome === null; outcome = pass.outcome()) {
      const page = await this.#inSnapshot((snapshot, open) => pass.lookAtPage(snapshot, open));
      if (page === null) return;
      pass.turn(page);
    }
    if (outcome !== "waits for its settlement") book.done();
    this.#metrics.books.inc({ outcome });
    const tookMs = performance.now() - startedMs;
    if (outcome === "compared") this.#booksNotBeforeMs.set(terms.asset, startedMs + tookMs * BOOK_REST_FACTOR);
  }

  /**
   * Looks, and looks again in a new snapshot while something differs for the first time: what only one snapshot shows halts
   * nothing. Only the last of these looks is committed. Null: another process works.
   */
  async #inSnapshot<L extends Looked>(look: Look<L>): Promise<L | null> {
    let suspected: Suspicions = new Map();
    for (let looks = 1; looks <= LOOKS_MAX; looks++) {
      const outcome = await this.#lookOnce(look, suspected);
      if (outcome === null || outcome.suspicions.size === 0) return outcome?.looked ?? null;
      suspected = outcome.suspicions;
    }
    throw new DeadlineExceeded(`each of ${LOOKS_MAX} looks found something else that differs`);
  }

  /** Looks once, in a snapshot that holds the lock. Null: another process has it. */
  async #lookOnce<L extends Looked>(
    look: Look<L>,
    suspected: Suspicions,
  ): Promise<{ readonly looked: L; readonly suspicions: Suspicions } | null> {
    const options = { lock: LOCK, statementTimeoutMs: STATEMENT_TIMEOUT_MS };
    const snapshot = await openWorkingSnapshot(this.#options.databaseUrl, "reconciliation", options);
    if (snapshot === null) return null;
    try {
      const open = await this.#store.open();
      const { stopping } = this.#service;
      const looked = await unlessStopped(look(paced(snapshot, this.#rests.now, stopping), open), stopping);
      const suspicions = await this.#alarm.raise(looked, open, suspected);
      if (suspicions.size === 0) await snapshot.commit();
      return { looked, suspicions };
    } finally {
      await snapshot.close();
    }
  }
}
