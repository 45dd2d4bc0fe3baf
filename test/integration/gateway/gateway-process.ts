import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../../../src/launcher/free-port.js";
import { mainFile } from "../../../src/launcher/service-process.js";
import { until } from "../../support/eventually.js";
import { stopAfterFile } from "../../support/hooks.js";
import { asRole } from "../../support/postgres.js";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes, which tests look into
  readonly body: any;
}

/** The real process, with its role's rights and no more. */
export class GatewayProcess {
  readonly port: number;
  readonly #environment: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;
  #words = "";

  private constructor(port: number, environment: NodeJS.ProcessEnv) {
    this.port = port;
    this.#environment = environment;
  }

  static async start(
    servers: { readonly natsUrl: string; readonly databaseUrl: string },
    settings: NodeJS.ProcessEnv = {},
  ): Promise<GatewayProcess> {
    const port = await freePort();
    const gateway = new GatewayProcess(port, {
      PATH: process.env["PATH"],
      NATS_URL: servers.natsUrl,
      DATABASE_URL: asRole(servers.databaseUrl, "bourse_gateway"),
      GATEWAY_PORT: String(port),
      GRPC_PORT: String(await freePort()),
      ADMIN_PORT: String(await freePort()),
      LOG_LEVEL: "info",
      ...settings,
    });
    stopAfterFile(() => gateway.kill9());
    await gateway.start();
    return gateway;
  }

  /** Again on the same port, after `kill9`. */
  async start(): Promise<void> {
    this.#words = "";
    const child = spawn(process.execPath, [mainFile("gateway")], {
      stdio: ["ignore", "pipe", "pipe"],
      env: this.#environment,
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (this.#words += bytes));
    await until("the gateway's port", () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended: ${this.#words}`);
      return this.#words.includes("requests may come in");
    });
  }

  async kill9(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  async stop(): Promise<number | null> {
    this.#child?.kill("SIGTERM");
    const [code] = await once(this.#child as ChildProcess, "exit");
    return code;
  }

  /** The key's secret is the same word; null: nobody. */
  async ask(
    key: string | null,
    method: string,
    path: string,
    body?: object | string,
    type = "application/json",
  ): Promise<Answer> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: {
        ...(key !== null && { authorization: `Basic ${Buffer.from(`${key}:${key}`).toString("base64")}` }),
        ...(body !== undefined && { "content-type": type }),
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === "" ? null : JSON.parse(text) };
  }
}
