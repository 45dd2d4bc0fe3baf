import * as v from "valibot";
import { registry, serviceSettings } from "../shared/process/service-config.js";
import { integer, port, readSettings, text } from "../shared/process/settings.js";
import { publicPort } from "../shared/process/tls.js";
import { trustedProxies } from "../shared/process/trusted-proxies.js";

const ms = (name: string, fallback: number) => integer(`ORDER_HANDLER_${name}_MS`, fallback, { min: 1, max: 600_000 });
const count = (name: string, fallback: number) =>
  integer(`ORDER_HANDLER_${name}_MAX`, fallback, { min: 1, max: 1_000_000 });
const rate = (name: string, perSecond: number) =>
  v.object({
    perSecond: count(`${name}_ORDERS_PER_SECOND`, perSecond),
    burst: count(`${name}_ORDERS_AT_ONCE`, 2 * perSecond),
  });

const SETTINGS = v.object({
  ...serviceSettings("order-handler"),
  address: publicPort(text("ORDER_HANDLER_HOST", "127.0.0.1"), port("ORDER_HANDLER_PORT", 7001)),
  registry: registry(),
  /** Proxies that begin each connection with a PROXY header, which names the client's address. */
  proxies: trustedProxies("ORDER_HANDLER_TRUSTED_PROXIES"),
  session: v.object({
    loginTimeoutMs: ms("LOGIN_TIMEOUT", 5_000),
    frameTimeoutMs: ms("FRAME_TIMEOUT", 2_000),
    idleTimeoutMs: ms("IDLE_TIMEOUT", 60_000),
    inFlightMax: count("IN_FLIGHT", 1_024),
    loginFailuresMax: count("LOGIN_FAILURES", 3),
    strangerMessagesMax: count("STRANGER_MESSAGES", 64),
    strangerBytesMax: count("STRANGER_BYTES", 16_384),
  }),
  server: v.object({
    connectionsMax: count("CONNECTIONS", 4_096),
    connectionsPerAddressMax: count("CONNECTIONS_PER_ADDRESS", 1_024),
    sessionsPerAccountMax: count("SESSIONS_PER_ACCOUNT", 1_024),
    outputBytesMax: count("OUTPUT_BYTES", 262_144),
    drainTimeoutMs: ms("DRAIN_TIMEOUT", 5_000),
    lingerMs: ms("LINGER", 2_000),
    handshakeTimeoutMs: ms("LOGIN_TIMEOUT", 5_000),
  }),
  batcher: v.object({
    pacing: v.object({
      intervalMaxMs: integer("ORDER_HANDLER_PACING_MS", 8, { min: 0, max: 100 }),
      fullRate: integer("ORDER_HANDLER_PACING_FULL_RATE", 1_000, { min: 1, max: 10_000_000 }),
    }),
    queueMax: count("QUEUE", 16_384),
    requestTimeoutMs: ms("REQUEST_TIMEOUT", 5_000),
    attemptTimeoutMs: ms("ATTEMPT_TIMEOUT", 1_000),
    retryIntervalMs: ms("RETRY_INTERVAL", 100),
    graceMs: ms("GRACE", 500),
  }),
  rates: v.object({ perSession: rate("SESSION", 50_000), perAccount: rate("ACCOUNT", 100_000) }),
  logins: v.object({
    waitingMax: count("LOGINS", 4_096),
    answerTimeoutMs: ms("LOGIN_ANSWER_TIMEOUT", 3_000),
    wrong: v.object({
      perAddress: count("FAILED_LOGINS_PER_ADDRESS", 200),
      perKey: count("FAILED_LOGINS_PER_KEY", 100),
    }),
    slowedMs: ms("SLOWED_LOGIN", 1_000),
  }),
  /** Cancels beyond one for each order that the account placed. */
  cancels: v.object({ perSecond: count("CANCELS_PER_SECOND", 100), burst: count("CANCELS_AT_ONCE", 10_000) }),
  door: v.object({
    backlogAgeMaxMs: ms("BACKLOG_AGE_MAX", 15_000),
    unprocessedMax: count("UNPROCESSED", 32_768),
    credit: v.object({ requests: count("CREDIT", 256), promptMs: ms("PROMPT", 1_000) }),
  }),
});

const CHECKED = v.pipe(
  SETTINGS,
  v.partialCheck(
    [["batcher"]],
    ({ batcher }) => batcher.attemptTimeoutMs < batcher.requestTimeoutMs,
    "ORDER_HANDLER_ATTEMPT_TIMEOUT_MS must be below ORDER_HANDLER_REQUEST_TIMEOUT_MS, or no publish is tried twice",
  ),
  v.partialCheck(
    [["batcher"]],
    ({ batcher }) => batcher.retryIntervalMs < batcher.requestTimeoutMs,
    "ORDER_HANDLER_RETRY_INTERVAL_MS must be below ORDER_HANDLER_REQUEST_TIMEOUT_MS, or no publish is tried twice",
  ),
  v.partialCheck(
    [["batcher"]],
    ({ batcher }) => batcher.graceMs < batcher.requestTimeoutMs,
    "ORDER_HANDLER_GRACE_MS must be below ORDER_HANDLER_REQUEST_TIMEOUT_MS, by which every request is answered",
  ),
  v.partialCheck(
    [["session"]],
    ({ session }) => session.frameTimeoutMs <= session.idleTimeoutMs,
    "ORDER_HANDLER_FRAME_TIMEOUT_MS must not be above ORDER_HANDLER_IDLE_TIMEOUT_MS, which ends the session before it",
  ),
  v.partialCheck(
    [["session"], ["logins"]],
    ({ session, logins }) => logins.answerTimeoutMs < session.loginTimeoutMs,
    "ORDER_HANDLER_LOGIN_ANSWER_TIMEOUT_MS must be below ORDER_HANDLER_LOGIN_TIMEOUT_MS, which ends the session before it",
  ),
  v.partialCheck(
    [["batcher"], ["server"], ["stopTimeoutMs"]],
    // A stop waits for the answers to requests under way, then at most twice for connections to close.
    ({ batcher, server, stopTimeoutMs }) => batcher.requestTimeoutMs + 2 * server.lingerMs < stopTimeoutMs,
    "ORDER_HANDLER_REQUEST_TIMEOUT_MS and twice ORDER_HANDLER_LINGER_MS must together be below STOP_TIMEOUT_MS, or a stop answers nobody",
  ),
);

export type HandlerConfig = ReturnType<typeof handlerConfig>;

export function handlerConfig(values?: NodeJS.ProcessEnv) {
  const { address, ...config } = readSettings(CHECKED, values);
  return Object.freeze({ ...config, ...address });
}
