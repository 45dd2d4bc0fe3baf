import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger };

const SECRETS = ["secret", "password", "databaseUrl", "natsUrl"];

/** The root logger of a process. Messages are constant, variable values are fields; nothing is logged per order at info. */
export function createLogger(
  service: string,
  level: string,
  destination: DestinationStream = pino.destination(1),
): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    // err.input is the text of a URL that could not be parsed.
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]).concat("err.input") },
  };
  return pino(options, destination);
}
