import type { FailedLoginLimits } from "../shared/access/failed-logins.js";
import { type CommonConfig, commonConfig, Environment } from "../shared/process/config.js";
import { type Transport, transportConfig } from "../shared/process/tls.js";

export interface NotifierConfig extends CommonConfig, Transport {
  readonly host: string;
  readonly port: number;
  /** Web pages of this origin may connect; "*": of any. */
  readonly corsOrigin: string;
  readonly connectionsMax: number;
  readonly subscriptionsPerConnectionMax: number;
  readonly messagesPerSecondMax: number;
  readonly messageBytesMax: number;
  /** A subscriber for whom more than this waits is told and disconnected. */
  readonly queuePacketsMax: number;
  readonly queueBytesMax: number;
  /** How long a missing trade or report may be late before it is read from the database. */
  readonly holeWaitMs: number;
  /** How often the database is asked for the last sequences, in case a notification was lost and none followed. */
  readonly reconcileMs: number;
  /** Subscribers of orders that read from the database at the same time. */
  readonly catchUpsMax: number;
  /** Handshakes whose key is being checked at the same time. */
  readonly loginsMax: number;
  readonly failedLogins: FailedLoginLimits;
}

export function notifierConfig(values?: NodeJS.ProcessEnv): NotifierConfig {
  const env = new Environment(values);
  const common = commonConfig(env, "market-data-notifier");
  const host = env.text("NOTIFIER_HOST", "127.0.0.1");
  const config = {
    ...common,
    ...transportConfig(env, { hosts: [host], production: common.production }),
    host,
    port: env.port("NOTIFIER_PORT", 7002),
    corsOrigin: env.text("NOTIFIER_CORS_ORIGIN", "*"),
    connectionsMax: env.integer("NOTIFIER_CONNECTIONS_MAX", 10_000, { min: 1, max: 100_000 }),
    subscriptionsPerConnectionMax: env.integer("NOTIFIER_SUBSCRIPTIONS_MAX", 64, { min: 1, max: 1_000 }),
    messagesPerSecondMax: env.integer("NOTIFIER_MESSAGES_PER_SECOND_MAX", 50, { min: 1, max: 10_000 }),
    messageBytesMax: env.integer("NOTIFIER_MESSAGE_BYTES_MAX", 16_384, { min: 1_024, max: 1_048_576 }),
    queuePacketsMax: env.integer("NOTIFIER_QUEUE_PACKETS_MAX", 1_024, { min: 8, max: 100_000 }),
    queueBytesMax: env.integer("NOTIFIER_QUEUE_BYTES_MAX", 4_194_304, { min: 65_536, max: 268_435_456 }),
    holeWaitMs: env.integer("NOTIFIER_HOLE_WAIT_MS", 200, { min: 10, max: 60_000 }),
    reconcileMs: env.integer("NOTIFIER_RECONCILE_MS", 5_000, { min: 100, max: 600_000 }),
    catchUpsMax: env.integer("NOTIFIER_CATCH_UPS_MAX", 256, { min: 1, max: 10_000 }),
    loginsMax: env.integer("NOTIFIER_LOGINS_MAX", 256, { min: 1, max: 10_000 }),
    failedLogins: {
      perAddress: env.integer("NOTIFIER_FAILED_LOGINS_PER_ADDRESS_MAX", 300, { min: 1, max: 1_000_000 }),
      perKey: env.integer("NOTIFIER_FAILED_LOGINS_PER_KEY_MAX", 300, { min: 1, max: 1_000_000 }),
    },
  };
  env.check();
  return Object.freeze(config);
}
