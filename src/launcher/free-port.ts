import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { ConfigurationError } from "../shared/domain/errors.js";

// The ports lie below those that systems give to outgoing connections (Linux: from 32768). Else, while a server restarts,
// an outgoing connection could take its port, even a client's that tries to reach it and is connected to itself.
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const ATTEMPTS_MAX = 100;

/** Why a server could not listen on the port right now (EADDRINUSE, EACCES, …); null: it could. */
export function listenProblem(port: number, host = "127.0.0.1"): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if ((await listenProblem(port)) === null) return port;
  }
  throw new ConfigurationError(`found no free port between ${FIRST_PORT} and ${LAST_PORT} in ${ATTEMPTS_MAX} attempts`);
}
