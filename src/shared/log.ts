import { type Logger, pino } from "pino";

export type { Logger };

/** One root logger a process. Messages are constant, what varies is in fields; nothing per order at info. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ["secret", "*.secret", "password", "*.password", "databaseUrl", "*.databaseUrl"] },
  });
}
