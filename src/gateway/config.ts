import * as v from "valibot";
import { requiredKeySeal } from "../shared/access/key-seal.js";
import { entrySettings } from "../shared/order-entry/settings.js";
import { origins } from "../shared/process/origins.js";
import { registry, serviceSettings } from "../shared/process/service-config.js";
import { integer, port, readSettings, text } from "../shared/process/settings.js";
import { publicPort } from "../shared/process/tls.js";
import { trustedProxies } from "../shared/process/trusted-proxies.js";

import { mailSettings } from "./people/mail-settings.js";

const ms = (name: string, fallback: number) => integer(`GATEWAY_${name}_MS`, fallback, { min: 1, max: 600_000 });
const count = (name: string, fallback: number) => integer(`GATEWAY_${name}_MAX`, fallback, { min: 1, max: 1_000_000 });

const SETTINGS = v.object({
  ...serviceSettings("gateway"),
  address: publicPort(text("GATEWAY_HOST", "127.0.0.1"), port("GATEWAY_PORT", 7003)),
  registry: registry(),
  ...entrySettings(),
  /** Opens the secrets of keys that sign; what people sign in with is under keys that follow from it. */
  keySeal: requiredKeySeal("the gateway needs it"),
  grpc: v.object({
    port: port("GRPC_PORT", 3050),
    messageBytesMax: integer("GRPC_MESSAGE_BYTES_MAX", 65_536, { min: 1_024, max: 4_194_304 }),
    callsPerConnectionMax: integer("GRPC_CALLS_PER_CONNECTION_MAX", 256, { min: 1, max: 10_000 }),
    keepaliveMs: integer("GRPC_KEEPALIVE_MS", 30_000, { min: 1_000, max: 600_000 }),
    streamsPerAccountMax: integer("GRPC_STREAMS_PER_ACCOUNT_MAX", 20, { min: 1, max: 10_000 }),
    queuedReportsMax: integer("GRPC_QUEUED_REPORTS_MAX", 10_000, { min: 100, max: 1_000_000 }),
  }),
  /** The port at which the Rust Crypto Exchange's clients expect its WebSocket; 0: there is none. */
  rustExchangeWsPort: port("GATEWAY_RUST_EXCHANGE_WS_PORT", 0),
  /** Proxies whose X-Forwarded-For names the client's address. */
  proxies: trustedProxies("GATEWAY_TRUSTED_PROXIES"),
  /** Where codes for signing in are mailed from. */
  mail: mailSettings(),
  codes: v.object({
    perEmail: integer("SIGN_IN_MAILS_PER_EMAIL_MAX", 5, { min: 1, max: 1_000 }),
    perNetwork: integer("SIGN_IN_MAILS_PER_ADDRESS_MAX", 20, { min: 1, max: 100_000 }),
  }),
  /** The origins of the page, which may call from a browser, with the cookie of a sign-in. */
  pageOrigins: origins("GATEWAY_PAGE_ORIGINS"),
  http: v.object({
    bodyBytesMax: count("BODY_BYTES", 65_536),
    headerBytesMax: count("HEADER_BYTES", 16_384),
    headersTimeoutMs: ms("HEADERS_TIMEOUT", 5_000),
    requestTimeoutMs: ms("REQUEST_TIMEOUT", 10_000),
    idleTimeoutMs: ms("IDLE_TIMEOUT", 60_000),
  }),
  addresses: v.object({
    connectionsMax: count("CONNECTIONS", 4_096),
    connectionsPerAddressMax: count("CONNECTIONS_PER_ADDRESS", 1_024),
    /** Requests a second from one address in the long run, twice as many at once. */
    requestsPerSecondMax: count("REQUESTS_PER_SECOND_PER_ADDRESS", 20_000),
  }),
  orders: v.object({
    /** How long an answer waits for the result. */
    resultTimeoutMs: ms("RESULT_TIMEOUT", 5_000),
    inFlightPerKeyMax: count("IN_FLIGHT_PER_KEY", 1_024),
  }),
  /** /v1/ws */
  sockets: v.object({
    connectionsMax: count("SOCKETS", 10_000),
    connectionsPerAddressMax: count("SOCKETS_PER_ADDRESS", 1_000),
    frameBytesMax: count("SOCKET_FRAME_BYTES", 16_384),
    queueBytesMax: integer("GATEWAY_SOCKET_QUEUE_BYTES_MAX", 1_048_576, { min: 65_536, max: 268_435_456 }),
    standstillMaxMs: ms("SOCKET_STANDSTILL", 10_000),
  }),
  market: v.object({
    subscriptionsPerConnectionMax: count("SUBSCRIPTIONS", 1_024),
    keptBytesMax: integer("GATEWAY_KEPT_BYTES_MAX", 67_108_864, { min: 1_048_576, max: 17_179_869_184 }),
    /** How long a missing trade or report may be late before it is read from the database. */
    holeWaitMs: ms("HOLE_WAIT", 200),
    /** How often the database is asked for the last sequences, in case a notification was lost and none followed. */
    reconcileMs: ms("RECONCILE", 5_000),
    /** Limits of the subscribers of orders that are not live yet: in all, and of one account. */
    catchUpsMax: count("CATCH_UPS", 10_000),
    catchUpsPerAccountMax: count("CATCH_UPS_PER_ACCOUNT", 32),
  }),
  logins: v.object({
    waitingMax: count("LOGINS", 4_096),
    answerTimeoutMs: ms("LOGIN_ANSWER_TIMEOUT", 3_000),
    wrong: v.object({
      perAddress: count("FAILED_LOGINS_PER_ADDRESS", 300),
      perKey: count("FAILED_LOGINS_PER_KEY", 300),
    }),
    slowedMs: ms("SLOWED_LOGIN", 1_000),
  }),
});

export type GatewayConfig = ReturnType<typeof gatewayConfig>;

export function gatewayConfig(values?: NodeJS.ProcessEnv) {
  const { address, ...config } = readSettings(SETTINGS, values);
  return Object.freeze({ ...config, ...address });
}
