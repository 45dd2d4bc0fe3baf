import { type CommonConfig, commonConfig, Environment } from "../shared/process/config.js";
import { type Transport, transportConfig } from "../shared/process/tls.js";
import type { BatcherOptions } from "./batcher.js";
import type { LoginLimits } from "./logins.js";
import type { RateLimits } from "./order-rates.js";
import type { ServerLimits } from "./server.js";
import type { SessionLimits } from "./session.js";

export interface HandlerConfig extends CommonConfig, Transport {
  readonly host: string;
  readonly port: number;
  readonly session: SessionLimits;
  readonly server: ServerLimits;
  readonly batcher: BatcherOptions;
  readonly rates: RateLimits;
  readonly logins: LoginLimits;
  /** How old the oldest acknowledged request may be that is not processed; past that, new orders are refused. */
  readonly backlogAgeMaxMs: number;
}

export function handlerConfig(values?: NodeJS.ProcessEnv): HandlerConfig {
  const env = new Environment(values);
  const ms = (name: string, fallback: number) =>
    env.integer(`ORDER_HANDLER_${name}_MS`, fallback, { min: 1, max: 600_000 });
  const count = (name: string, fallback: number) =>
    env.integer(`ORDER_HANDLER_${name}_MAX`, fallback, { min: 1, max: 1_000_000 });
  const rate = (name: string, perSecond: number) => ({
    perSecond: count(`${name}_ORDERS_PER_SECOND`, perSecond),
    burst: count(`${name}_ORDERS_AT_ONCE`, 2 * perSecond),
  });
  const common = commonConfig(env, "order-handler");
  const host = env.text("ORDER_HANDLER_HOST", "127.0.0.1");
  const config: HandlerConfig = {
    ...common,
    ...transportConfig(env, { hosts: [host], production: common.production }),
    host,
    port: env.port("ORDER_HANDLER_PORT", 7001),
    session: {
      loginTimeoutMs: ms("LOGIN_TIMEOUT", 5_000),
      frameTimeoutMs: ms("FRAME_TIMEOUT", 2_000),
      idleTimeoutMs: ms("IDLE_TIMEOUT", 60_000),
      inFlightMax: count("IN_FLIGHT", 1_024),
      loginFailuresMax: count("LOGIN_FAILURES", 3),
    },
    server: {
      connectionsMax: count("CONNECTIONS", 4_096),
      connectionsPerAddressMax: count("CONNECTIONS_PER_ADDRESS", 1_024),
      outputBytesMax: count("OUTPUT_BYTES", 262_144),
      drainTimeoutMs: ms("DRAIN_TIMEOUT", 5_000),
      lingerMs: ms("LINGER", 2_000),
      handshakeTimeoutMs: ms("LOGIN_TIMEOUT", 5_000),
    },
    batcher: {
      pacing: {
        intervalMaxMs: env.integer("ORDER_HANDLER_PACING_MS", 3, { min: 0, max: 100 }),
        fullRate: env.integer("ORDER_HANDLER_PACING_FULL_RATE", 4_000, { min: 1, max: 10_000_000 }),
      },
      queueMax: count("QUEUE", 16_384),
      requestTimeoutMs: ms("REQUEST_TIMEOUT", 5_000),
      attemptTimeoutMs: ms("ATTEMPT_TIMEOUT", 1_000),
      retryIntervalMs: ms("RETRY_INTERVAL", 100),
      graceMs: ms("GRACE", 500),
    },
    rates: { perSession: rate("SESSION", 50_000), perAccount: rate("ACCOUNT", 100_000) },
    logins: {
      inFlightMax: count("LOGINS", 64),
      answerTimeoutMs: ms("LOGIN_ANSWER_TIMEOUT", 3_000),
      failed: {
        perAddress: count("FAILED_LOGINS_PER_ADDRESS", 200),
        perKey: count("FAILED_LOGINS_PER_KEY", 100),
      },
    },
    backlogAgeMaxMs: ms("BACKLOG_AGE_MAX", 15_000),
  };
  env.check();
  return Object.freeze(config);
}
