/** A service's own HTTP port, for its operators: /healthz, /readyz and /metrics. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { Readiness } from "./readiness.js";
import type { ProcessConfig } from "./service-config.js";

interface Answers {
  readonly readiness: () => Readiness;
  readonly metrics: () => Promise<string>;
}

type Address = Pick<ProcessConfig, "adminHost" | "adminPort">;

/** Rejects if the port can't be opened. */
export function startAdminServer({ adminHost, adminPort }: Address, answers: Answers): Promise<Server> {
  const server = createServer((request, response) => void answer(request.url ?? "/", response, answers));
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `the admin port ${adminHost}:${adminPort} can't be opened; set ADMIN_PORT to a free one`;
      reject(new Error(message, { cause }));
    });
    server.listen(adminPort, adminHost, () => resolve(server));
  });
}

export function closeAdminServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(url: string, response: ServerResponse, { readiness, metrics }: Answers): Promise<void> {
  const path = url.split("?")[0];
  if (path === "/healthz") return respond(response, 200, { status: "alive" });
  if (path === "/readyz") {
    const now = readiness();
    return respond(response, now.ready ? 200 : 503, now);
  }
  if (path === "/metrics") {
    const text = await metrics();
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(text);
    return;
  }
  respond(response, 404, { error: "here are /healthz, /readyz and /metrics" });
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}
