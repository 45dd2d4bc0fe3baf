import * as v from "valibot";
import { entryCount, entryMs, entrySettings } from "../shared/order-entry/settings.js";
import { registry, serviceSettings } from "../shared/process/service-config.js";
import { port, readSettings, text } from "../shared/process/settings.js";
import { publicPort } from "../shared/process/tls.js";
import { trustedProxies } from "../shared/process/trusted-proxies.js";

const SETTINGS = v.object({
  ...serviceSettings("order-handler"),
  address: publicPort(text("ORDER_HANDLER_HOST", "127.0.0.1"), port("ORDER_HANDLER_PORT", 7001)),
  registry: registry(),
  ...entrySettings(),
  /** Proxies that begin each connection with a PROXY header, which names the client's address. */
  proxies: trustedProxies("ORDER_HANDLER_TRUSTED_PROXIES"),
  session: v.object({
    loginTimeoutMs: entryMs("LOGIN_TIMEOUT", 5_000),
    frameTimeoutMs: entryMs("FRAME_TIMEOUT", 2_000),
    idleTimeoutMs: entryMs("IDLE_TIMEOUT", 60_000),
    inFlightMax: entryCount("IN_FLIGHT", 1_024),
    loginFailuresMax: entryCount("LOGIN_FAILURES", 3),
    strangerMessagesMax: entryCount("STRANGER_MESSAGES", 64),
    strangerBytesMax: entryCount("STRANGER_BYTES", 16_384),
  }),
  server: v.object({
    connectionsMax: entryCount("CONNECTIONS", 4_096),
    connectionsPerAddressMax: entryCount("CONNECTIONS_PER_ADDRESS", 1_024),
    sessionsPerAccountMax: entryCount("SESSIONS_PER_ACCOUNT", 1_024),
    outputBytesMax: entryCount("OUTPUT_BYTES", 262_144),
    drainTimeoutMs: entryMs("DRAIN_TIMEOUT", 5_000),
    lingerMs: entryMs("LINGER", 2_000),
    handshakeTimeoutMs: entryMs("LOGIN_TIMEOUT", 5_000),
  }),
  logins: v.object({
    waitingMax: entryCount("LOGINS", 4_096),
    answerTimeoutMs: entryMs("LOGIN_ANSWER_TIMEOUT", 3_000),
    wrong: v.object({
      perAddress: entryCount("FAILED_LOGINS_PER_ADDRESS", 200),
      perKey: entryCount("FAILED_LOGINS_PER_KEY", 100),
    }),
    slowedMs: entryMs("SLOWED_LOGIN", 1_000),
  }),
});

const CHECKED = v.pipe(
  SETTINGS,
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
