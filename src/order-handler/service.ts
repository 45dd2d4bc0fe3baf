/** Puts the parts of the order-handler together: sessions before the door to the log, one sweep for all deadlines, the stop. */

import { hostname } from "node:os";
import { type Access, keyProblem } from "../shared/access/access-feed.js";
import type { Authenticate } from "../shared/access/authentication.js";
import { KeyCheck } from "../shared/access/key-check.js";
import type { Bus } from "../shared/bus/bus.js";
import type { AssetRegistry } from "../shared/domain/assets.js";
import { isRefusal, type Refusal, refuse } from "../shared/domain/rejects.js";
import type { AccountId, LogId } from "../shared/domain/units.js";
import { nowEpochMs, nowUs } from "../shared/process/clock.js";
import type { Logger } from "../shared/process/log.js";
import { lookEvery } from "../shared/process/looks.js";
import type { TokenBucket } from "../shared/process/token-bucket.js";
import { hasBecome } from "../shared/process/waits.js";
import { Backlog } from "./backlog.js";
import { Batcher, type PublishedBatch } from "./batcher.js";
import { CancelAllowance } from "./cancel-allowance.js";
import { CancelTriggers } from "./cancel-triggers.js";
import type { CancelTriggersStore } from "./cancel-triggers-store.js";
import type { HandlerConfig } from "./config.js";
import { Door, SHUTTING_DOWN } from "./door.js";
import type { HandlerMetrics } from "./handler-metrics.js";
import { LastPrices, type ReadLastPrices } from "./last-prices.js";
import { LogWatch } from "./log-watch.js";
import { LogWriter, type OrderLog } from "./log-writer.js";
import { OrderRates } from "./order-rates.js";
import { Poll } from "./poll.js";
import { OrderServer } from "./server.js";
import { Session } from "./session.js";
import { SessionLogins } from "./session-logins.js";
import type { Credentials, LoggedIn } from "./session-requests.js";
import { Shares } from "./shares.js";

export interface OrderHandlerOptions {
  readonly config: Omit<HandlerConfig, "natsUrl" | "databaseUrl">;
  readonly registry: AssetRegistry;
  readonly log: Logger;
  readonly orderLog: OrderLog & Pick<Bus, "streamBounds">;
  readonly authenticate: Authenticate;
  readonly access: Access;
  readonly cancelTriggers: CancelTriggersStore;
  /** The last log id that order-processing has processed, by asset. */
  readonly processedThrough: () => Promise<ReadonlyMap<string, LogId>>;
  readonly lastPrices: ReadLastPrices;
  readonly metrics: HandlerMetrics;
}

const SWEEP_INTERVAL_MS = 250;
/** How long stopping waits for the ends of sessions to be written down. */
const STOP_ENDS_MS = 2_000;

/** How often Postgres is asked how far the log is processed, while there is a backlog. */
const BACKLOG_INTERVAL_MS = 200;

const TIMER_UNAVAILABLE = refuse("UNAVAILABLE", "it is not known whether the timer is set; send it again");

export class OrderHandler {
  readonly #options: OrderHandlerOptions;
  readonly #batcher: Batcher;
  readonly #logWatch: LogWatch;
  readonly #triggers: CancelTriggers;
  readonly #logins: SessionLogins;
  readonly #door: Door;
  readonly #server: OrderServer;
  readonly #stopSweeping: () => void;
  readonly #backlog = new Backlog();
  readonly #backlogPoll: Poll;
  readonly #lastPrices: LastPrices;
  readonly #rates: OrderRates;
  readonly #cancels: CancelAllowance;
  readonly #shares = new Shares();
  /** Sessions whose connection is gone: if their login is accepted after that, its trigger ends at once. */
  readonly #gone = new WeakSet<Session>();

  constructor(options: OrderHandlerOptions) {
    const { config, registry, log, orderLog, metrics } = options;
    this.#options = options;
    this.#lastPrices = new LastPrices(registry, options.lastPrices, log);
    this.#rates = new OrderRates(config.rates);
    this.#cancels = new CancelAllowance(config.cancels);
    const clock = { nowMs: () => performance.now(), nowUs };
    this.#logWatch = new LogWatch(orderLog, log);
    const published = (batch: PublishedBatch) => {
      const nowMs = performance.now();
      const accountIds = batch.requests.map(({ accountId }) => accountId);
      this.#backlog.logged(batch.asset, batch.last, accountIds, nowMs);
      for (const { accountId, body } of batch.requests)
        if (body.kind === "new") this.#cancels.ordered(accountId, nowMs);
      this.#shares.published(batch.publishMs);
      metrics.published(batch);
    };
    const writer = new LogWriter(orderLog, this.#logWatch, config.batcher, clock.nowMs);
    this.#batcher = new Batcher(writer, config.batcher, clock, published);
    this.#door = new Door({
      access: options.access,
      logWatch: this.#logWatch,
      rates: this.#rates,
      cancels: this.#cancels,
      backlog: this.#backlog,
      batcher: this.#batcher,
      shares: this.#shares,
      limits: config.door,
      nowMs: clock.nowMs,
    });
    const askBacklog = async () => this.#backlog.processed(await options.processedThrough());
    this.#backlogPoll = new Poll(BACKLOG_INTERVAL_MS, askBacklog, log, "it can't be told how far the log is processed");
    const { answerTimeoutMs } = config.logins;
    this.#triggers = new CancelTriggers({ store: options.cancelTriggers, answerTimeoutMs, nowMs: clock.nowMs, log });
    this.#logins = new SessionLogins(new KeyCheck(options.authenticate, config.logins, log), this.#triggers, log);
    this.#server = new OrderServer(config.server, config.tls, config.proxies, {
      createSession: (wake, address) => this.#createSession(wake, address),
      ended: (session) => this.#ended(session),
      answered: (answered) => metrics.answered(answered),
      waitMs: (accountId) => this.#shares.waitMs(accountId, clock.nowMs()),
      nowMs: clock.nowMs,
      log,
    });
    metrics.queue("log", () => this.#batcher.fills);
    metrics.queue("connections", () => this.#server.sessionCount / config.server.connectionsMax);
    this.#stopSweeping = lookEvery(SWEEP_INTERVAL_MS, () => this.#sweepAll());
  }

  /** Returns the port; if the configuration says 0, the system chooses it. */
  async listen(): Promise<number> {
    const { port, host } = this.#options.config;
    this.#logWatch.processed(await this.#options.processedThrough());
    await this.#lastPrices.refresh(performance.now());
    const opened = await this.#server.listen(port, host);
    void this.#triggers.start(`${hostname()}:${host}:${opened}`);
    return opened;
  }

  /** Why the order log counts as lost; null: all is well. */
  whyLogIsLost(): string | null {
    return this.#logWatch.whyLost();
  }

  /** Stops in order: refuses new requests, answers those under way, closes connections, writes down which sessions ended. */
  async stop(): Promise<void> {
    const { batcher, server } = this.#options.config;
    this.#door.close();
    this.#server.stopAccepting();
    await hasBecome(() => !this.#server.hasUnanswered, { deadlineMs: batcher.requestTimeoutMs });
    this.#server.closeAll("this order-handler is stopping; connect again");
    await hasBecome(() => this.#server.sessionCount === 0, { deadlineMs: server.lingerMs });
    this.#server.destroyAll("stopping");
    await hasBecome(() => this.#server.sessionCount === 0, { deadlineMs: server.lingerMs });
    await hasBecome(() => !this.#triggers.hasUnwrittenEnds && this.#batcher.isIdle, { deadlineMs: STOP_ENDS_MS });
    if (this.#triggers.hasUnwrittenEnds)
      this.#options.log.warn("ended sessions could not be written down; their orders go when their time is over");
    this.#stopSweeping();
  }

  #sweepAll(): void {
    this.#batcher.sweep();
    this.#triggers.sweep();
    this.#server.sweep();
    const nowMs = performance.now();
    this.#logWatch.sweep(nowMs);
    void this.#lastPrices.refresh(nowMs);
    this.#rates.sweep(nowMs);
    this.#cancels.sweep(nowMs);
    this.#shares.sweep(nowMs);
    this.#options.metrics.sweep({
      sessions: this.#server.sessionCount,
      backlogMs: this.#backlog.oldestMs(nowMs),
      limitedAccounts: this.#shares.limited,
      isLogLost: this.whyLogIsLost() !== null,
    });
    if (!this.#backlog.isEmpty) void this.#backlogPoll.tick(nowMs);
  }

  #createSession(wake: () => void, address: string): Session {
    const { registry, config, access } = this.#options;
    const lastPriceTicks = (asset: string) => this.#lastPrices.of(asset);
    const rules = { registry, nowMs: nowEpochMs, lastPriceTicks, extraOptions: NO_EXTRA_OPTIONS };
    const rate = this.#rates.newSession(performance.now());
    const session: Session = new Session(rules, config.session, {
      nowUs,
      nowMs: () => performance.now(),
      login: (credentials) => this.#login(session, credentials, address),
      loginProblem: (account) => keyProblem(access, account, nowEpochMs()),
      submit: (asset, request, settle) => this.#door.submit(asset, request, rate, settle),
      setTimer: (accountId, seconds) => this.#setTimer(accountId, seconds, rate),
      wake,
    });
    return session;
  }

  async #login(session: Session, credentials: Credentials, address: string): Promise<LoggedIn | Refusal> {
    if (this.#door.isClosed) return SHUTTING_DOWN;
    const isLeaving = () => session.isLeaving || this.#gone.has(session);
    const outcome = await this.#logins.login(credentials, address, isLeaving, (accountId) =>
      this.#server.logIn(session, accountId),
    );
    if (!isRefusal(outcome) && this.#gone.has(session)) this.#endTrigger(outcome);
    return outcome;
  }

  async #setTimer(accountId: AccountId, seconds: number, rate: TokenBucket): Promise<Refusal | null> {
    const refusal = this.#door.refuseTimer(accountId, rate);
    if (refusal !== null) return refusal;
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
