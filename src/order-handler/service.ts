/** Puts the parts together: sessions submit to the batcher, one sweep keeps every deadline, stopping is one sequence. */
import type { AuthenticatedAccount } from "../shared/api-keys.js";
import type { AssetRegistry } from "../shared/assets.js";
import { DeadlineExceeded } from "../shared/errors.js";
import type { Logger } from "../shared/log.js";
import type { OrderRequest } from "../shared/messages.js";
import { type Refusal, refuse } from "../shared/rejects.js";
import type { TokenBucket } from "../shared/token-bucket.js";
import { type LogId, nowUs } from "../shared/units.js";
import { Backlog } from "./backlog.js";
import { Batcher, type OrderLog, type Settle } from "./batcher.js";
import type { HandlerConfig } from "./config.js";
import type { HandlerMetrics } from "./handler-metrics.js";
import { LastPrices, type ReadLastPrices } from "./last-prices.js";
import { OrderCanceler } from "./order-canceler.js";
import { OrderRates } from "./order-rates.js";
import { OrderServer } from "./server.js";
import { type LoggedIn, Session } from "./session.js";

export interface OrderHandlerOptions {
  readonly config: Omit<HandlerConfig, "natsUrl" | "databaseUrl">;
  readonly registry: AssetRegistry;
  readonly log: Logger;
  readonly orderLog: OrderLog;
  /** Null: wrong key or secret. Rejects when it can't be told now. */
  readonly authenticate: (keyId: string, secret: string) => Promise<AuthenticatedAccount | null>;
  /** How far each asset's log is processed. */
  readonly processedThrough: () => Promise<ReadonlyMap<string, LogId>>;
  readonly lastPrices: ReadLastPrices;
  readonly metrics: HandlerMetrics;
}

const SWEEP_INTERVAL_MS = 200;
const STOP_POLL_MS = 10;
/** How long stopping waits for the cancels of ended sessions to be logged. */
const STOP_CANCELS_MS = 2_000;

/** How often it is asked how far the log is processed, while something is not. */
const BACKLOG_INTERVAL_MS = 1_000;

const PROCESSING_BEHIND = refuse(
  "BUSY",
  "the asset's orders are processed too slowly, nothing was logged; send it again later",
);
const SHUTTING_DOWN = refuse("SHUTTING_DOWN", "this order-handler is stopping, nothing was logged; connect again");
const WRONG_LOGIN = refuse("LOGIN_REJECTED", "the key or its secret is wrong");
const SUSPENDED = refuse("ACCOUNT_SUSPENDED", "the account is suspended; ask the operator");
const TOO_MANY_LOGINS = refuse("BUSY", "too many logins at the same time; try again a little later");
const LOGIN_UNAVAILABLE = refuse("UNAVAILABLE", "logins can't be checked at the moment; try again a little later");

export class OrderHandler {
  readonly #options: OrderHandlerOptions;
  readonly #batcher: Batcher;
  readonly #canceler: OrderCanceler;
  readonly #server: OrderServer;
  readonly #sweep: NodeJS.Timeout;
  readonly #backlog = new Backlog();
  readonly #lastPrices: LastPrices;
  readonly #rates: OrderRates;
  #backlogAskedMs = 0;
  #isAskingBacklog = false;
  #loginsInFlight = 0;
  #isStopping = false;

  constructor(options: OrderHandlerOptions) {
    const { config, registry, log, orderLog, metrics } = options;
    this.#options = options;
    this.#lastPrices = new LastPrices(registry, options.lastPrices, log);
    this.#rates = new OrderRates(config.rates);
    const clock = { nowMs: () => performance.now(), nowUs };
    this.#batcher = new Batcher(orderLog, config.batcher, clock, (published) => {
      this.#backlog.logged(published.asset, published.last, performance.now());
      metrics.published(published);
    });
    this.#canceler = new OrderCanceler({
      submit: (asset, request, settle) => this.#batcher.submit(asset, request, settle),
      nowUs,
      assets: [...registry.assets.keys()],
    });
    this.#server = new OrderServer(config.server, config.tls, {
      createSession: (wake) => this.#createSession(wake),
      ended: (session) => this.#cancelOrdersOf(session),
      answered: (exchange) => metrics.answered(exchange),
      nowUs,
      log,
    });
    this.#sweep = setInterval(() => this.#sweepAll(), SWEEP_INTERVAL_MS);
  }

  /** Returns the port, which the system chooses where the configuration says 0. */
  async listen(): Promise<number> {
    const { port, host } = this.#options.config;
    await this.#lastPrices.refresh(performance.now());
    return this.#server.listen(port, host);
  }

  /** Refuses new requests, answers those under way, cancels what must not outlive its session; then all is closed. */
  async stop(): Promise<void> {
    const { batcher, server } = this.#options.config;
    this.#isStopping = true;
    this.#server.stopAccepting();
    await waitUntil(() => !this.#server.hasUnanswered, batcher.requestTimeoutMs);
    this.#server.closeAll("this order-handler is stopping; connect again");
    await waitUntil(() => this.#server.sessionCount === 0, server.lingerMs);
    this.#server.destroyAll("stopping");
    await waitUntil(() => this.#server.sessionCount === 0, server.lingerMs);
    this.#canceler.fireAllTimers();
    await waitUntil(() => this.#canceler.openCount === 0 && this.#batcher.isIdle, STOP_CANCELS_MS);
    if (this.#canceler.openCount > 0)
      this.#options.log.error({ cancels: this.#canceler.openCount }, "orders of ended sessions could not be cancelled");
    clearInterval(this.#sweep);
  }

  #sweepAll(): void {
    this.#batcher.sweep();
    this.#canceler.sweep();
    this.#server.sweep();
    const nowMs = performance.now();
    void this.#lastPrices.refresh(nowMs);
    this.#rates.sweep(nowMs);
    this.#options.metrics.sweep(this.#server.sessionCount, this.#batcher.fill, this.#backlog.oldestMs(nowMs));
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

  #createSession(wake: () => void): Session {
    const { registry, config } = this.#options;
    const lastPriceTicks = (asset: string) => this.#lastPrices.of(asset);
    const rules = { registry, nowMs: Date.now, lastPriceTicks, extraOptions: NO_EXTRA_OPTIONS };
    const rate = this.#rates.newSession(performance.now());
    return new Session(rules, config.session, {
      nowUs,
      login: (keyId, secret) => this.#login(keyId, secret),
      submit: (asset, request, settle) => this.#submit(asset, request, settle, rate),
      armTimer: (accountId, seconds) => this.#canceler.armTimer(accountId, seconds),
      wake,
    });
  }

  /** Cancels are let through where they can be: they take load and risk away. */
  #submit(asset: string, request: OrderRequest, settle: Settle, rate: TokenBucket): void {
    const { kind } = request.body;
    const isOrder = kind === "new" || kind === "replace";
    const refusal = this.#isStopping ? SHUTTING_DOWN : isOrder ? this.#refuseOrder(asset, request, rate) : null;
    if (refusal !== null) settle(refusal);
    else this.#batcher.submit(asset, request, settle);
  }

  #refuseOrder(asset: string, { accountId }: OrderRequest, rate: TokenBucket): Refusal | null {
    const nowMs = performance.now();
    const isBehind = this.#backlog.ageMs(asset, nowMs) > this.#options.config.backlogAgeMaxMs;
    return this.#rates.refuseOrder(rate, accountId, nowMs) ?? (isBehind ? PROCESSING_BEHIND : null);
  }

  async #login(keyId: string, secret: string): Promise<LoggedIn | Refusal> {
    const { config, log, authenticate } = this.#options;
    if (this.#isStopping) return SHUTTING_DOWN;
    if (this.#loginsInFlight >= config.loginsMax) return TOO_MANY_LOGINS;
    this.#loginsInFlight++;
    try {
      const answer = authenticate(keyId, secret).finally(() => this.#loginsInFlight--);
      const account = await beforeDeadline(answer, config.loginAnswerTimeoutMs);
      if (account === null) return WRONG_LOGIN;
      return account.suspended ? SUSPENDED : account;
    } catch (err) {
      log.warn({ err }, "a login could not be checked");
      return LOGIN_UNAVAILABLE;
    }
  }

  #cancelOrdersOf(session: Session): void {
    const assets = session.assetsToCancel();
    if (session.account !== null && assets.length > 0) this.#canceler.cancelAll(session.account.accountId, assets);
  }
}

const NO_EXTRA_OPTIONS: ReadonlySet<string> = new Set();

function beforeDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineExceeded(`no answer within ${timeoutMs} ms`)), timeoutMs);
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function waitUntil(isDone: () => boolean, timeoutMs: number): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!isDone() && performance.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, STOP_POLL_MS));
}
