/** Puts the parts together: sessions submit to the batcher, one sweep keeps every deadline, stopping is one sequence. */

import { hostname } from "node:os";
import { type Access, keyProblem } from "../shared/access/access-feed.js";
import type { Authenticate } from "../shared/access/authentication.js";
import type { Bus } from "../shared/bus/bus.js";
import type { AssetRegistry } from "../shared/domain/assets.js";
import type { OrderRequest } from "../shared/domain/messages.js";
import { isRefusal, type Refusal, refuse } from "../shared/domain/rejects.js";
import type { AccountId, LogId } from "../shared/domain/units.js";
import { nowUs } from "../shared/process/clock.js";
import type { Logger } from "../shared/process/log.js";
import type { TokenBucket } from "../shared/process/token-bucket.js";
import { hasBecome } from "../shared/process/waits.js";
import { orderProblem } from "./access-rules.js";
import { Backlog } from "./backlog.js";
import { Batcher, type OrderLog, type PublishedBatch, type Settle } from "./batcher.js";
import { CancelTriggers } from "./cancel-triggers.js";
import type { CancelTriggersStore } from "./cancel-triggers-store.js";
import type { HandlerConfig } from "./config.js";
import type { HandlerMetrics } from "./handler-metrics.js";
import { LastPrices, type ReadLastPrices } from "./last-prices.js";
import { LogWatch } from "./log-watch.js";
import { Logins } from "./logins.js";
import { OrderRates } from "./order-rates.js";
import { OrderServer } from "./server.js";
import { type Credentials, type LoggedIn, Session } from "./session.js";

export interface OrderHandlerOptions {
  readonly config: Omit<HandlerConfig, "natsUrl" | "databaseUrl">;
  readonly registry: AssetRegistry;
  readonly log: Logger;
  readonly orderLog: OrderLog & Pick<Bus, "streamBounds">;
  readonly authenticate: Authenticate;
  readonly access: Access;
  readonly cancelTriggers: CancelTriggersStore;
  /** How far each asset's log is processed. */
  readonly processedThrough: () => Promise<ReadonlyMap<string, LogId>>;
  readonly lastPrices: ReadLastPrices;
  readonly metrics: HandlerMetrics;
}

const SWEEP_INTERVAL_MS = 200;
/** How long stopping waits for the ends of sessions to be written down. */
const STOP_ENDS_MS = 2_000;

/** How often it is asked how far the log is processed, while something is not. */
const BACKLOG_INTERVAL_MS = 1_000;

const PROCESSING_BEHIND = refuse(
  "BUSY",
  "the asset's orders are processed too slowly, nothing was logged; send it again later",
);
const LOG_LOST = refuse("UNAVAILABLE", "the order log was lost, nothing was logged; an operator has to put it back");
const SHUTTING_DOWN = refuse("SHUTTING_DOWN", "this order-handler is stopping, nothing was logged; connect again");
const TIMER_UNAVAILABLE = refuse("UNAVAILABLE", "it is not known whether the timer is set; send it again");

export class OrderHandler {
  readonly #options: OrderHandlerOptions;
  readonly #batcher: Batcher;
  readonly #logWatch: LogWatch;
  readonly #triggers: CancelTriggers;
  readonly #logins: Logins;
  readonly #server: OrderServer;
  readonly #sweep: NodeJS.Timeout;
  readonly #backlog = new Backlog();
  readonly #lastPrices: LastPrices;
  readonly #rates: OrderRates;
  #backlogAskedMs = 0;
  #isAskingBacklog = false;
  /** Whose connection is gone. */
  readonly #gone = new WeakSet<Session>();
  #isStopping = false;

  constructor(options: OrderHandlerOptions) {
    const { config, registry, log, orderLog, metrics } = options;
    this.#options = options;
    this.#lastPrices = new LastPrices(registry, options.lastPrices, log);
    this.#rates = new OrderRates(config.rates);
    const clock = { nowMs: () => performance.now(), nowUs };
    this.#logWatch = new LogWatch(orderLog, log);
    const published = (batch: PublishedBatch) => {
      this.#backlog.logged(batch.asset, batch.last, performance.now());
      metrics.published(batch);
    };
    const isNew = (asset: string, first: LogId, last: LogId) => this.#logWatch.stored(asset, first, last);
    this.#batcher = new Batcher(orderLog, config.batcher, clock, published, isNew);
    const { answerTimeoutMs } = config.logins;
    this.#triggers = new CancelTriggers({ store: options.cancelTriggers, answerTimeoutMs, nowMs: clock.nowMs, log });
    this.#logins = new Logins(options.authenticate, this.#triggers, config.logins, log);
    this.#server = new OrderServer(config.server, config.tls, {
      createSession: (wake, address) => this.#createSession(wake, address),
      ended: (session) => this.#ended(session),
      answered: (exchange) => metrics.answered(exchange),
      nowUs,
      log,
    });
    this.#sweep = setInterval(() => this.#sweepAll(), SWEEP_INTERVAL_MS);
  }

  /** Returns the port, which the system chooses where the configuration says 0. */
  async listen(): Promise<number> {
    const { port, host } = this.#options.config;
    this.#logWatch.processed(await this.#options.processedThrough());
    await this.#lastPrices.refresh(performance.now());
    const opened = await this.#server.listen(port, host);
    void this.#triggers.start(`${hostname()}:${host}:${opened}`);
    return opened;
  }

  /** Null: all is well with the order log. */
  whyLogIsLost(): string | null {
    return this.#logWatch.whyLost();
  }

  /** Refuses new requests, answers those under way, writes down which sessions have ended; then all is closed. */
  async stop(): Promise<void> {
    const { batcher, server } = this.#options.config;
    this.#isStopping = true;
    this.#server.stopAccepting();
    await hasBecome(() => !this.#server.hasUnanswered, { deadlineMs: batcher.requestTimeoutMs });
    this.#server.closeAll("this order-handler is stopping; connect again");
    await hasBecome(() => this.#server.sessionCount === 0, { deadlineMs: server.lingerMs });
    this.#server.destroyAll("stopping");
    await hasBecome(() => this.#server.sessionCount === 0, { deadlineMs: server.lingerMs });
    await hasBecome(() => !this.#triggers.hasUnwrittenEnds && this.#batcher.isIdle, { deadlineMs: STOP_ENDS_MS });
    if (this.#triggers.hasUnwrittenEnds)
      this.#options.log.warn("ended sessions could not be written down; their orders go when their time is over");
    clearInterval(this.#sweep);
  }

  #sweepAll(): void {
    this.#batcher.sweep();
    this.#triggers.sweep();
    this.#server.sweep();
    const nowMs = performance.now();
    this.#logWatch.sweep(nowMs);
    void this.#lastPrices.refresh(nowMs);
    this.#rates.sweep(nowMs);
    this.#options.metrics.sweep(
      this.#server.sessionCount,
      this.#batcher.fill,
      this.#backlog.oldestMs(nowMs),
      this.whyLogIsLost() !== null,
    );
    if (!this.#backlog.isEmpty && !this.#isAskingBacklog && nowMs - this.#backlogAskedMs >= BACKLOG_INTERVAL_MS)
      void this.#askBacklog(nowMs);
  }

  async #askBacklog(nowMs: number): Promise<void> {
    this.#backlogAskedMs = nowMs;
    this.#isAskingBacklog = true;
    try {
      this.#backlog.processed(await this.#options.processedThrough());
    } catch (err) {
      this.#options.log.warn({ err }, "it can't be told how far the log is processed");
    }
    this.#isAskingBacklog = false;
  }

  #createSession(wake: () => void, address: string): Session {
    const { registry, config, access } = this.#options;
    const lastPriceTicks = (asset: string) => this.#lastPrices.of(asset);
    const rules = { registry, nowMs: Date.now, lastPriceTicks, extraOptions: NO_EXTRA_OPTIONS };
    const rate = this.#rates.newSession(performance.now());
    const session: Session = new Session(rules, config.session, {
      nowUs,
      login: (credentials) => this.#login(session, credentials, address),
      loginProblem: (account) => keyProblem(access, account, performance.now()),
      submit: (asset, request, settle) => this.#submit(asset, request, settle, rate),
      setTimer: (accountId, seconds) => this.#setTimer(accountId, seconds),
      wake,
    });
    return session;
  }

  /** Cancels are let through where they can be: they take load and risk away. */
  #submit(asset: string, request: OrderRequest, settle: Settle, rate: TokenBucket): void {
    const { kind } = request.body;
    const isOrder = kind === "new" || kind === "replace";
    const refusal = this.#refuseAll() ?? (isOrder ? this.#refuseOrder(asset, request, rate) : null);
    if (refusal !== null) settle(refusal);
    else this.#batcher.submit(asset, request, settle);
  }

  #refuseAll(): Refusal | null {
    if (this.#isStopping) return SHUTTING_DOWN;
    return this.#logWatch.whyLost() === null ? null : LOG_LOST;
  }

  #refuseOrder(asset: string, { accountId }: OrderRequest, rate: TokenBucket): Refusal | null {
    const problem = orderProblem(this.#options.access, accountId, asset);
    if (problem !== null) return problem;
    const nowMs = performance.now();
    const isBehind = this.#backlog.ageMs(asset, nowMs) > this.#options.config.backlogAgeMaxMs;
    return this.#rates.refuseOrder(rate, accountId, nowMs) ?? (isBehind ? PROCESSING_BEHIND : null);
  }

  async #login(session: Session, credentials: Credentials, address: string): Promise<LoggedIn | Refusal> {
    if (this.#isStopping) return SHUTTING_DOWN;
    const isLeaving = () => session.isLeaving || this.#gone.has(session);
    const outcome = await this.#logins.login(credentials, address, isLeaving);
    if (!isRefusal(outcome) && this.#gone.has(session)) this.#endTrigger(outcome);
    return outcome;
  }

  async #setTimer(accountId: AccountId, seconds: number): Promise<Refusal | null> {
    try {
      await this.#triggers.setTimer(accountId, seconds);
      return null;
    } catch (err) {
      this.#options.log.warn({ err }, "a timer could not be set");
      return TIMER_UNAVAILABLE;
    }
  }

  #ended(session: Session): void {
    this.#gone.add(session);
    if (session.account !== null) this.#endTrigger(session.account);
  }

  #endTrigger({ triggerId }: LoggedIn): void {
    if (triggerId !== null) this.#triggers.end(triggerId);
  }
}

const NO_EXTRA_OPTIONS: ReadonlySet<string> = new Set();
