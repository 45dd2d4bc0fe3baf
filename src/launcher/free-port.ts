import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { ConfigurationError } from "../shared/domain/errors.js";

// The ports lie below those that systems give to outgoing connections (Linux: from 32768). Else, while a server restarts,
// an outgoing connection could take its port, even a client's that tries to reach it and is connected to itself.
let firstPort = 20_000;
let lastPort = 32_000;
const ATTEMPTS_MAX = 100;

let nextPort: number | null = null;

/**
 * Where this process looks for free ports from now on. For tests: a port that one has chosen, and nobody listens on yet, is free
 * for all others.
 */
export function lookForPortsIn(first: number, last: number): void {
  [firstPort, lastPort, nextPort] = [first, last, null];
}

/** Why a server could not listen on the port right now (EADDRINUSE, EACCES, …); null: it could. */
export function listenProblem(port: number, host = "127.0.0.1"): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** One after the other, from a random one on: none is given twice before all others were. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = nextPort ?? randomInt(firstPort, lastPort);
    nextPort = port + 1 < lastPort ? port + 1 : firstPort;
    if ((await listenProblem(port)) === null) return port;
  }
  throw new ConfigurationError(`found no free port between ${firstPort} and ${lastPort} in ${ATTEMPTS_MAX} attempts`);
}
