/** Puts the parts of the order-handler together: sessions before order entry, one sweep for all deadlines, the stop. */
import { keyProblem } from "../shared/access/access-feed.js";
import type { Authenticate } from "../shared/access/authentication.js";
import { KeyCheck } from "../shared/access/key-check.js";
import { isRefusal, type Refusal } from "../shared/domain/rejects.js";
import { OrderEntry, type OrderEntryOptions } from "../shared/order-entry/order-entry.js";
import { nowEpochMs, nowUs } from "../shared/process/clock.js";
import { lookEvery } from "../shared/process/looks.js";
import { hasBecome } from "../shared/process/waits.js";
import type { HandlerConfig } from "./config.js";
import type { HandlerMetrics } from "./handler-metrics.js";
import { OrderServer } from "./server.js";
import { Session } from "./session.js";
import { SessionLogins } from "./session-logins.js";
import type { Credentials, LoggedIn } from "./session-requests.js";

type OfEntry = "registry" | "log" | "orderLog" | "access" | "cancelTriggers" | "processedThrough" | "lastPrices";

export interface OrderHandlerOptions extends Pick<OrderEntryOptions, OfEntry> {
  readonly config: Omit<HandlerConfig, "natsUrl" | "databaseUrl">;
  readonly authenticate: Authenticate;
  readonly metrics: HandlerMetrics;
}

const SWEEP_INTERVAL_MS = 250;
/** How long a session that always has a request under way may go on, when another process takes over. */
const LEAVE_MS = 2_000;

export class OrderHandler {
  readonly #options: OrderHandlerOptions;
  readonly #entry: OrderEntry;
  readonly #logins: SessionLogins;
  readonly #server: OrderServer;
  readonly #stopSweeping: () => void;
  /** Sessions whose connection is gone: if their login is accepted after that, its trigger ends at once. */
  readonly #gone = new WeakSet<Session>();
  /** Another process takes over: who is not logged in yet is to log in there. */
  #isLeaving = false;

  constructor(options: OrderHandlerOptions) {
    const { config, log, metrics } = options;
    this.#options = options;
    this.#entry = new OrderEntry({
      ...options,
      service: "order-handler",
      settings: config,
      triggerTimeoutMs: config.logins.answerTimeoutMs,
      metrics: metrics.entry,
    });
    this.#logins = new SessionLogins(new KeyCheck(options.authenticate, config.logins, log), this.#entry.triggers, log);
    this.#server = new OrderServer(config.server, config.tls, config.proxies, {
      createSession: (wake, address) => this.#createSession(wake, address),
      ended: (session) => this.#ended(session),
      answered: (answered) => metrics.answered(answered),
      waitMs: (accountId) => this.#entry.waitMs(accountId),
      nowMs: () => performance.now(),
      log,
    });
    metrics.entry.queue("connections", () => this.#server.sessionCount / config.server.connectionsMax);
    this.#stopSweeping = lookEvery(SWEEP_INTERVAL_MS, () => this.#sweepAll());
  }

  /** Returns the port; if the configuration says 0, the system chooses it. */
  async listen(): Promise<number> {
    const { host, isShared, instance } = this.#options.config;
    await this.#entry.prepare();
    const port = await this.#server.listen(this.#options.config);
    this.#entry.opened({ host, port, ...(isShared && { instance }) });
    return port;
  }

  /** Why the order log counts as lost; null: all is well. */
  whyLogIsLost(): string | null {
    return this.#entry.whyLogIsLost();
  }

  /** Stops in order: refuses new requests, answers those under way, closes connections, writes down which sessions ended. */
  async stop(): Promise<void> {
    const { batcher, server, isShared } = this.#options.config;
    this.#server.stopAccepting();
    if (isShared) await this.#leave();
    this.#entry.close();
    await hasBecome(() => !this.#server.hasUnanswered, { deadlineMs: batcher.requestTimeoutMs });
    this.#server.closeAll("this order-handler is stopping; connect again");
    await hasBecome(() => this.#server.sessionCount === 0, { deadlineMs: server.lingerMs });
    this.#server.destroyAll("stopping");
    await hasBecome(() => this.#server.sessionCount === 0, { deadlineMs: server.lingerMs });
    await this.#entry.finish();
    this.#stopSweeping();
  }

  /**
   * Lets all clients go to the process that takes over, and refuses nothing. The ends of sessions are written down first: a client
   * that is back at once is then known to have come back.
   */
  async #leave(): Promise<void> {
    this.#isLeaving = true;
    const { triggers } = this.#entry;
    triggers.endAll();
    triggers.sweep();
    await hasBecome(() => !triggers.hasUnwrittenEnds, { deadlineMs: LEAVE_MS });
    this.#server.leaveAll("another order-handler has the port");
    const hasLeft = () => this.#server.sessionCount === 0;
    if (await hasBecome(hasLeft, { deadlineMs: LEAVE_MS })) return;
    this.#server.endInputs();
    await hasBecome(hasLeft, { deadlineMs: LEAVE_MS });
  }

  #sweepAll(): void {
    this.#entry.sweep();
    this.#server.sweep();
    this.#options.metrics.sweep(this.#server.sessionCount);
  }

  #createSession(wake: () => void, address: string): Session {
    const { registry, config, access } = this.#options;
    const lastPriceTicks = (asset: string) => this.#entry.lastPriceTicks(asset);
    const rules = { registry, nowMs: nowEpochMs, lastPriceTicks, extraOptions: NO_EXTRA_OPTIONS };
    const rate = this.#entry.newRate();
    const session: Session = new Session(rules, config.session, {
      nowUs,
      nowMs: () => performance.now(),
      login: (credentials) => this.#login(session, credentials, address),
      loginProblem: (account) => keyProblem(access, account, nowEpochMs()),
      submit: (asset, request, settle) => this.#entry.submit(asset, request, rate, settle),
      setTimer: (accountId, seconds) => this.#entry.setTimer(accountId, seconds, rate),
      wake,
    });
    return session;
  }

  async #login(session: Session, credentials: Credentials, address: string): Promise<LoggedIn | Refusal> {
    if (this.#entry.isClosed || this.#isLeaving) return this.#entry.shuttingDown;
    const state = {
      isLeaving: () => session.isLeaving || this.#gone.has(session),
      isBusy: () => session.mayBeLogged,
    };
    const outcome = await this.#logins.login(credentials, address, state, (accountId) =>
      this.#server.logIn(session, accountId),
    );
    if (!isRefusal(outcome) && this.#gone.has(session)) this.#endTrigger(outcome);
    return outcome;
  }

  #ended(session: Session): void {
    this.#gone.add(session);
    if (session.account !== null) this.#endTrigger(session.account);
  }

  #endTrigger({ triggerId }: LoggedIn): void {
    if (triggerId !== null) this.#entry.triggers.end(triggerId);
  }
}

const NO_EXTRA_OPTIONS: ReadonlySet<string> = new Set();
