import * as v from "valibot";
import { requiredKeySeal } from "../shared/access/key-seal.js";
import { registry, serviceSettings } from "../shared/process/service-config.js";
import { integer, oneOf, port, readSettings, text } from "../shared/process/settings.js";
import { publicPort } from "../shared/process/tls.js";
import { trustedProxies } from "../shared/process/trusted-proxies.js";

const SETTINGS = v.object({
  ...serviceSettings("market-data-notifier"),
  address: publicPort(text("NOTIFIER_HOST", "127.0.0.1"), port("NOTIFIER_PORT", 7002)),
  /** Whether it opens its port, or gets its connections from the launcher, which shares one port among several notifiers. */
  connectionsFrom: oneOf("NOTIFIER_CONNECTIONS_FROM", "port", ["port", "launcher"]),
  registry: registry(),
  /** The origin whose web pages may connect; "*": any. */
  corsOrigin: text("NOTIFIER_CORS_ORIGIN", "*"),
  /** What the access tokens of people are checked with follows from it. */
  keySeal: requiredKeySeal("the notifier needs it as the gateway has it"),
  /** Where the page finds the gateway: its address, or its port on the host that the page was asked at; "": there is none. */
  pageGateway: pageGateway(),
  /** Proxies whose X-Forwarded-For names the client's address. */
  proxies: trustedProxies("NOTIFIER_TRUSTED_PROXIES"),
  connectionsMax: integer("NOTIFIER_CONNECTIONS_MAX", 10_000, { min: 1, max: 100_000 }),
  connectionsPerAddressMax: integer("NOTIFIER_CONNECTIONS_PER_ADDRESS_MAX", 5_000, { min: 1, max: 100_000 }),
  connectionsPerKeyMax: integer("NOTIFIER_CONNECTIONS_PER_KEY_MAX", 1_000, { min: 1, max: 100_000 }),
  /** Handshakes a second from one address; further ones wait. */
  handshakesPerSecondMax: integer("NOTIFIER_HANDSHAKES_PER_SECOND_MAX", 2_000, { min: 1, max: 100_000 }),
  /** Limit of the TCP connections that have not sent a request. */
  idleMax: integer("NOTIFIER_IDLE_MAX", 1_024, { min: 1, max: 100_000 }),
  subscriptionsPerConnectionMax: integer("NOTIFIER_SUBSCRIPTIONS_MAX", 64, { min: 1, max: 1_000 }),
  messagesPerSecondMax: integer("NOTIFIER_MESSAGES_PER_SECOND_MAX", 50, { min: 1, max: 10_000 }),
  messageBytesMax: integer("NOTIFIER_MESSAGE_BYTES_MAX", 16_384, { min: 1_024, max: 1_048_576 }),
  /** Limits of what waits for one subscriber: past them it is told so and disconnected. */
  queuePacketsMax: integer("NOTIFIER_QUEUE_PACKETS_MAX", 1_024, { min: 8, max: 100_000 }),
  queueBytesMax: integer("NOTIFIER_QUEUE_BYTES_MAX", 1_048_576, { min: 65_536, max: 268_435_456 }),
  /** How long the network may take nothing of what waits for one subscriber; a look every 250 ms tells, so it is cut within 2 s. */
  standstillMaxMs: integer("NOTIFIER_STANDSTILL_MAX_MS", 1_500, { min: 500, max: 600_000 }),
  /** How long a subscriber may read nothing while it is told why it is cut, or is sent what it asked for. */
  partingTimeoutMs: integer("NOTIFIER_PARTING_TIMEOUT_MS", 60_000, { min: 100, max: 600_000 }),
  /** Budget for all memory that is kept for subscribers: reports, items behind holes, queues. */
  keptBytesMax: integer("NOTIFIER_KEPT_BYTES_MAX", 268_435_456, { min: 1_048_576, max: 17_179_869_184 }),
  /** How long a missing trade or report may be late before it is read from the database. */
  holeWaitMs: integer("NOTIFIER_HOLE_WAIT_MS", 200, { min: 10, max: 60_000 }),
  /** How often the database is asked for the last sequences, in case a notification was lost and none followed. */
  reconcileMs: integer("NOTIFIER_RECONCILE_MS", 5_000, { min: 100, max: 600_000 }),
  /** Limits of the subscribers of orders that are not live yet: in all, and of one account. */
  catchUpsMax: integer("NOTIFIER_CATCH_UPS_MAX", 10_000, { min: 1, max: 100_000 }),
  catchUpsPerAccountMax: integer("NOTIFIER_CATCH_UPS_PER_ACCOUNT_MAX", 32, { min: 1, max: 10_000 }),
  logins: v.object({
    waitingMax: integer("NOTIFIER_LOGINS_MAX", 4_096, { min: 1, max: 100_000 }),
    answerTimeoutMs: integer("NOTIFIER_LOGIN_ANSWER_TIMEOUT_MS", 3_000, { min: 1, max: 600_000 }),
    wrong: v.object({
      perAddress: integer("NOTIFIER_FAILED_LOGINS_PER_ADDRESS_MAX", 300, { min: 1, max: 1_000_000 }),
      perKey: integer("NOTIFIER_FAILED_LOGINS_PER_KEY_MAX", 300, { min: 1, max: 1_000_000 }),
    }),
    slowedMs: integer("NOTIFIER_SLOWED_LOGIN_MS", 1_000, { min: 1, max: 600_000 }),
  }),
});

const CHECKED = v.pipe(
  SETTINGS,
  v.partialCheck(
    [["holeWaitMs"], ["reconcileMs"]],
    ({ holeWaitMs, reconcileMs }) => holeWaitMs < reconcileMs,
    "NOTIFIER_HOLE_WAIT_MS must be below NOTIFIER_RECONCILE_MS, which finds every hole before it",
  ),
);

export function notifierConfig(values?: NodeJS.ProcessEnv) {
  const { address, ...config } = readSettings(CHECKED, values);
  return Object.freeze({ ...config, ...address });
}

function pageGateway() {
  const isAddress = (one: string) => URL.canParse(one) && new URL(one).origin === one && one.startsWith("http");
  return v.pipe(
    text("NOTIFIER_PAGE_GATEWAY", ""),
    v.check(
      (one) => one === "" || /^[1-9]\d{0,4}$/.test(one) || isAddress(one),
      "NOTIFIER_PAGE_GATEWAY must be a port, or an address such as https://gateway.example",
    ),
  );
}
