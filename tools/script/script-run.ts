/** Runs a script against an order-handler, and finds the first line that does not go as it says. */
import { randomBytes } from "node:crypto";
import { beforeDeadline, hasBecome, pausedFor } from "../../src/shared/process/waits.js";
import { shownRequest } from "../../src/terminal/event-lines.js";
import { TextSession } from "../../test/support/trading-session.js";
import type { Target } from "../load/target.js";
import { Account } from "./account.js";
import { isExpected } from "./judge.js";
import { loginOf, orderOf, referenceOf, targetOf, withOrderId, withValues } from "./protocol-line.js";
import {
  type As,
  type ExpectClosed,
  type ExpectReport,
  type Script,
  ScriptError,
  type Send,
  type Step,
} from "./script.js";

export interface RunOptions {
  /** By how much the waits of EXPECT are longer than it says: a slow machine is no failure. */
  readonly patience: number;
  /** Takes each line that is sent, and each response. */
  readonly show: (text: string) => void;
}

export interface Outcome {
  readonly script: Script;
  /** Null: all went as it says. */
  readonly failure: ScriptError | null;
  readonly sent: number;
  readonly acknowledged: number;
  /** By code and name. */
  readonly rejected: ReadonlyMap<string, number>;
  readonly expectationsMet: number;
  readonly tookMs: number;
}

interface ScriptSession {
  readonly text: TextSession;
  account: Account | null;
  /** It was said that no more is taken: the connection ends by itself. */
  hasEnded: boolean;
}

const ANSWER_WITHIN_MS = 10_000;
/** Of a session; the order-handler reads no further than that either. */
const UNANSWERED_MAX = 1_000;

export class ScriptRun {
  readonly #target: Target;
  readonly #script: Script;
  readonly #options: RunOptions;
  /** Client order ids and the like: another word in each run. */
  readonly #run = randomBytes(5).toString("hex");
  readonly #usesReports: boolean;
  readonly #accounts = new Map<string, Account>();
  readonly #sessions: ScriptSession[] = [];
  readonly #rejected = new Map<string, number>();
  readonly #unanswered = new Set<Promise<void>>();
  #current: ScriptSession | null = null;
  #intervalMs: number | null = null;
  #dueMs = 0;
  #failure: ScriptError | null = null;
  #sent = 0;
  #acknowledged = 0;
  #expectationsMet = 0;

  constructor(target: Target, script: Script, options: RunOptions) {
    this.#target = target;
    this.#script = script;
    this.#options = options;
    this.#usesReports = hasReports(script.steps);
  }

  async run(): Promise<Outcome> {
    const startedMs = performance.now();
    try {
      await this.#steps(this.#script.steps);
      await this.#answered();
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      this.#failure ??= error;
    } finally {
      for (const { text } of this.#sessions) text.close();
      for (const account of this.#accounts.values()) account.close();
      await Promise.allSettled(this.#unanswered);
    }
    return {
      script: this.#script,
      failure: this.#failure,
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      rejected: this.#rejected,
      expectationsMet: this.#expectationsMet,
      tookMs: performance.now() - startedMs,
    };
  }

  async #steps(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (this.#failure !== null) throw this.#failure;
      await this.#step(step);
    }
  }

  async #step(step: Step): Promise<void> {
    switch (step.kind) {
      case "send":
        return await this.#send(step);
      case "as":
        return await this.#as(step);
      case "sleep":
        return void (await pausedFor(step.ms));
      case "rate":
        this.#intervalMs = step.perSecond === null ? null : 1_000 / step.perSecond;
        this.#dueMs = performance.now();
        return;
      case "repeat":
        for (let time = 0; time < step.times; time++) await this.#steps(step.steps);
        return;
      case "report":
        return await this.#expectReport(step);
      case "closed":
        return await this.#expectClosed(step);
    }
  }

  async #send(step: Send): Promise<void> {
    if (this.#intervalMs !== null) await this.#untilDue(this.#intervalMs);
    const reference = referenceOf(step.line);
    // Which order is the last one is known once all before are answered.
    if (reference !== null || this.#unanswered.size >= UNANSWERED_MAX) await this.#answered();
    const session = await this.#sessionFor(step);
    let line = withValues(step.line, this.#run, Date.now());
    if (reference !== null) {
      const order = session.account?.orderBack(reference.ordersBack, reference.asset) ?? null;
      if (order === null) throw new ScriptError(step.place, noSuchOrder(step, session.account));
      line = withOrderId(line, order.orderId ?? 0);
    }
    const target = targetOf(line);
    if (session.account !== null && target !== null) session.account.subject = target;
    this.#options.show(`> ${shownRequest(line)}`);
    this.#sent += 1;
    const judged = this.#judge(step, line, session);
    this.#unanswered.add(judged);
    void judged.finally(() => this.#unanswered.delete(judged));
    if (this.#intervalMs === null || loginOf(line) !== null) await this.#answered();
  }

  /** On a schedule: who is late sends at once, until it has caught up. */
  async #untilDue(intervalMs: number): Promise<void> {
    const waitMs = this.#dueMs - performance.now();
    this.#dueMs += intervalMs;
    if (waitMs > 0) await pausedFor(waitMs);
  }

  /** Never rejects: what is wrong is noted. */
  async #judge({ place, expected }: Send, line: string, session: ScriptSession): Promise<void> {
    try {
      const answer = await beforeDeadline(session.text.request(line), ANSWER_WITHIN_MS * this.#options.patience);
      this.#options.show(`< ${answer}`);
      this.#count(answer);
      if (!isExpected(answer, expected?.response ?? null)) {
        const why = expected === null ? "" : `${expected.place.text}: `;
        throw new ScriptError(expected?.place ?? place, `${why}to ${shownRequest(line)} came ${answer}`);
      }
      if (expected !== null) this.#expectationsMet += 1;
      const order = orderOf(line, answer);
      if (order !== null) session.account?.placed(order);
      if (/^(OK QUIT|REJ 200 )/.test(answer)) session.hasEnded = true;
      if (answer.startsWith("OK LOGIN")) await this.#loggedIn(session, line);
    } catch (error) {
      if (error instanceof ScriptError) this.#failure ??= error;
      else this.#failure ??= new ScriptError(place, `${shownRequest(line)}: ${(error as Error).message}`);
    }
  }

  #count(answer: string): void {
    if (answer.startsWith("ACK ")) this.#acknowledged += 1;
    const [, code] = /^REJ (\d+ \S*)/.exec(answer) ?? [];
    if (code !== undefined) this.#rejected.set(code, (this.#rejected.get(code) ?? 0) + 1);
  }

  /** All lines that were sent have their response, and each is as it was expected. */
  async #answered(): Promise<void> {
    await Promise.all(this.#unanswered);
    if (this.#failure !== null) throw this.#failure;
  }

  async #sessionFor({ place, line }: Send): Promise<ScriptSession> {
    const current = this.#current;
    if (current !== null && !current.hasEnded && current.text.isOpen) return current;
    if (current === null || loginOf(line) !== null) return await this.#connect(shownRequest(line), place);
    throw new ScriptError(
      place,
      `${shownRequest(line)}: the session has ended; LOGIN, or AS <account>, begins another`,
    );
  }

  async #connect(what: string, place: Send["place"]): Promise<ScriptSession> {
    const { orderHandler, ca } = this.#target;
    try {
      const text = await TextSession.connect(ca === undefined ? orderHandler : { ...orderHandler, ca });
      const session = { text, account: null, hasEnded: false };
      this.#sessions.push(session);
      this.#current = session;
      return session;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new ScriptError(
        place,
        `${what}: no connection to ${orderHandler.host}:${orderHandler.port} (${code ?? message})`,
      );
    }
  }

  async #loggedIn(session: ScriptSession, line: string): Promise<void> {
    const key = loginOf(line);
    if (key === null) return;
    const account = this.#accounts.get(key.keyId) ?? new Account(key);
    this.#accounts.set(key.keyId, account);
    session.account = account;
    if (this.#usesReports && this.#target.notifierUrl !== null) await account.listen(this.#target.notifierUrl);
  }

  async #as({ place, keyId, secret }: As): Promise<void> {
    await this.#answered();
    const open = this.#sessions.find(
      ({ account, text, hasEnded }) => account?.key.keyId === keyId && text.isOpen && !hasEnded,
    );
    if (open !== undefined) {
      this.#current = open;
      return;
    }
    const line = `LOGIN ${keyId} ${secret}`;
    this.#current = await this.#connect(shownRequest(line), place);
    const expected = { place: { ...place, text: `AS ${keyId}` }, response: { kind: "ok", words: "LOGIN" } } as const;
    await this.#judge({ kind: "send", place, line, expected }, line, this.#current);
    this.#expectationsMet -= 1; // nobody wrote it
    if (this.#failure !== null) throw this.#failure;
  }

  async #expectReport({ place, report, withinMs }: ExpectReport): Promise<void> {
    await this.#answered();
    const patientMs = report.isNone ? withinMs : withinMs * this.#options.patience;
    const account = this.#current?.account ?? null;
    const fields = report.fields.map(([name, value]) => [name, withValues(value, this.#run, Date.now())] as const);
    const instead =
      account === null
        ? "nobody is logged in: LOGIN, or AS <account>, comes first"
        : await account.waitFor({ ...report, fields }, patientMs);
    if (instead !== null) throw new ScriptError(place, `${place.text}: ${instead}`);
    this.#expectationsMet += 1;
  }

  async #expectClosed({ place, withinMs }: ExpectClosed): Promise<void> {
    await this.#answered();
    const text = this.#current?.text;
    if (text === undefined) throw new ScriptError(place, `${place.text}: there was no connection yet`);
    const deadlineMs = withinMs * this.#options.patience;
    if (!(await hasBecome(() => !text.isOpen, { deadlineMs, everyMs: 5 })))
      throw new ScriptError(place, `${place.text}: the connection is still open`);
    this.#expectationsMet += 1;
  }
}

function hasReports(steps: readonly Step[]): boolean {
  return steps.some((step) => step.kind === "report" || (step.kind === "repeat" && hasReports(step.steps)));
}

function noSuchOrder({ line }: Send, account: Account | null): string {
  return `${line}: there is no such order; ${account?.key.keyId ?? "nobody"} has placed ${account?.orders.length ?? 0} here`;
}
