import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "../domain/errors.js";

/** In pipeline order, and who checks on it last; the place decides the default admin port. */
export const SERVICES = [
  "order-handler",
  "order-processing",
  "matching-engine",
  "trade-processing",
  "market-data-notifier",
  "reconciliation",
] as const;
export type ServiceName = (typeof SERVICES)[number];

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
export const ADMIN_PORT_BASE = 9101;

/** The folder that package.json stands in. */
export const projectRoot = fileURLToPath(new URL("../../../", import.meta.url));

/** Reads the environment once. Problems are gathered; check() throws them all at once. */
export class Environment {
  readonly #values: NodeJS.ProcessEnv;
  readonly #problems: string[] = [];

  constructor(values: NodeJS.ProcessEnv = process.env) {
    this.#values = values;
  }

  text(name: string, fallback?: string): string {
    const value = this.#values[name];
    if (value !== undefined && value !== "") return value;
    if (fallback === undefined) this.#problems.push(`${name} is not set`);
    return fallback ?? "";
  }

  integer(name: string, fallback: number, { min, max }: { min: number; max: number }): number {
    const text = this.text(name, String(fallback));
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    this.#problems.push(`${name} is "${text}"; it must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  /** Fit to be part of a subject or a file's name; other characters of the fallback are replaced. */
  name(name: string, fallback: string): string {
    const text = this.text(name, fallback.replace(/[^A-Za-z0-9_-]/g, "-").slice(0, 64));
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(text))
      this.#problems.push(`${name} is "${text}"; it must be 1 to 64 letters, digits, "-" or "_"`);
    return text;
  }

  port(name: string, fallback: number): number {
    return this.integer(name, fallback, { min: 0, max: 65_535 });
  }

  flag(name: string, fallback: boolean): boolean {
    const text = this.text(name, fallback ? "1" : "0").toLowerCase();
    if (["1", "true", "yes"].includes(text)) return true;
    if (["0", "false", "no"].includes(text)) return false;
    this.#problems.push(`${name} is "${text}"; it must be 1 or 0`);
    return fallback;
  }

  oneOf(name: string, fallback: string, allowed: readonly string[]): string {
    const text = this.text(name, fallback);
    if (allowed.includes(text)) return text;
    this.#problems.push(`${name} is "${text}"; it must be one of ${allowed.join(", ")}`);
    return fallback;
  }

  /** URLs with commas between them. They may hold a password, so what is wrong with them is not repeated. */
  servers(name: string, scheme: string): string {
    const text = this.text(name);
    const isUrl = (server: string) => URL.canParse(server.includes("://") ? server : `${scheme}://${server}`);
    if (text !== "" && !text.split(",").every(isUrl))
      this.#problems.push(`${name} is no list of servers such as ${scheme}://user:password@host:4222`);
    return text;
  }

  /** Something is wrong with what a variable leads to. */
  problem(text: string): void {
    this.#problems.push(text);
  }

  /** Throws a ConfigurationError that lists every problem found so far. */
  check(): void {
    if (this.#problems.length > 0) throw new ConfigurationError(`configuration: ${this.#problems.join("; ")}`);
  }
}

/** What every service needs. */
export interface CommonConfig {
  /** This process among all of its service: it has again what it had when it starts again under the same name. */
  readonly instance: string;
  readonly natsUrl: string;
  readonly databaseUrl: string;
  readonly assetsFile: string;
  readonly logLevel: string;
  readonly adminHost: string;
  readonly adminPort: number;
  readonly production: boolean;
  /** Copies that JetStream keeps of each stream: 1 alone, 3 in a cluster. */
  readonly natsReplicas: number;
  /** From the signal to stop until the process ends, whatever is still open. */
  readonly stopTimeoutMs: number;
}

export function commonConfig(env: Environment, service: ServiceName): CommonConfig {
  return Object.freeze({
    instance: env.name("INSTANCE", `${hostname()}-${process.pid}`),
    natsUrl: env.servers("NATS_URL", "nats"),
    databaseUrl: env.text("DATABASE_URL"),
    assetsFile: env.text("ASSETS_FILE", `${projectRoot}config/assets.json`),
    logLevel: env.oneOf("LOG_LEVEL", "info", LOG_LEVELS),
    adminHost: env.text("ADMIN_HOST", "127.0.0.1"),
    adminPort: env.port("ADMIN_PORT", ADMIN_PORT_BASE + SERVICES.indexOf(service)),
    production: env.text("NODE_ENV", "development") === "production",
    natsReplicas: env.integer("NATS_REPLICAS", 1, { min: 1, max: 5 }),
    stopTimeoutMs: env.integer("STOP_TIMEOUT_MS", 10_000, { min: 100, max: 120_000 }),
  });
}

/** DATABASE_URL, or else the database of the pipeline that `npm start` runs in DATA_DIR. */
export function databaseToLookAt(env: Environment): string {
  return env.text("DATABASE_URL", "") || ownPipeline(env, "DATABASE_URL").databaseUrl;
}

/** NATS_URL and DATABASE_URL, or else those of the pipeline that `npm start` runs in DATA_DIR. */
export function serversToLookAt(env: Environment): OwnPipeline {
  return {
    natsUrl: env.text("NATS_URL", "") || ownPipeline(env, "NATS_URL").natsUrl,
    databaseUrl: databaseToLookAt(env),
  };
}

interface OwnPipeline {
  readonly natsUrl: string;
  readonly databaseUrl: string;
}

function ownPipeline(env: Environment, instead: string): OwnPipeline {
  const file = join(resolve(env.text("DATA_DIR", join(projectRoot, ".data"))), "endpoints.json");
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new ConfigurationError(`${file} can't be read: run npm start first, or set ${instead}`, {
      cause,
    });
  }
}

/** ASSETS=BTC-USD,ETH-USD: the assets that this process works on; default: all known ones. */
export function assetsToServe(env: Environment, known: ReadonlyMap<string, unknown>): string[] {
  const text = env.text("ASSETS", [...known.keys()].join(","));
  const names = [...new Set(text.split(",").map((name) => name.trim()))].filter((name) => name !== "");
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new ConfigurationError(`ASSETS names ${unknown.join(", ")}; known are ${[...known.keys()].join(", ")}`);
  return names;
}
