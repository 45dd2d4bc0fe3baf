import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger };

const SECRETS = ["secret", "password", "databaseUrl", "natsUrl"];

/** One root logger a process. Messages are constant, what varies is in fields; nothing per order at info. */
export function createLogger(
  service: string,
  level: string,
  destination: DestinationStream = pino.destination(1),
): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    // err.input: what was given to somebody who wanted a URL.
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]).concat("err.input") },
  };
  return pino(options, destination);
}
