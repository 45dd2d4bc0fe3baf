/** Three nats-servers that keep three copies of everything, on loopback or each in a network namespace of its own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findNatsBinary } from "../../src/launcher/embedded-nats.js";
import { freePort } from "../../src/launcher/free-port.js";
import { type GuardedProcess, startGuarded } from "../../src/launcher/guarded-process.js";
import { waitFor } from "../../src/shared/process/waits.js";
import { addressOf, Namespaces } from "./namespaces.js";

export const COPIES = 3;

export interface Member {
  readonly name: string;
  /** Where clients reach it. */
  readonly port: number;
}

interface Server extends Member {
  readonly place: number;
  readonly configFile: string;
  process: GuardedProcess | null;
}

const ROUTE_PORT = 6222;
const CLIENT_PORT = 4222;
const START_DEADLINE_MS = 30_000;

export class NatsCluster {
  readonly #folder: string;
  readonly #namespaces: Namespaces | null;
  readonly #servers: Server[] = [];

  private constructor(folder: string, namespaces: Namespaces | null) {
    this.#folder = folder;
    this.#namespaces = namespaces;
  }

  /** It may not have a leader yet. */
  static async start(folder: string, isDivisible: boolean): Promise<NatsCluster> {
    mkdirSync(folder, { recursive: true });
    const cluster = new NatsCluster(folder, isDivisible ? await Namespaces.create(folder) : null);
    try {
      await cluster.#configure();
      for (const server of cluster.#servers) await cluster.#start(server);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get members(): readonly Member[] {
    return this.#servers;
  }

  get url(): string {
    return this.#servers.map(({ port }) => `nats://127.0.0.1:${port}`).join(",");
  }

  /** SIGKILL; resolves when it has ended. */
  async kill(name: string): Promise<void> {
    await this.#server(name).process?.kill();
  }

  async startAgain(name: string): Promise<void> {
    await this.#start(this.#server(name));
  }

  /** From the other servers; clients still reach it. */
  cutOff(name: string): void {
    this.#divisible.setLink(this.#server(name).place, false);
  }

  heal(name: string): void {
    this.#divisible.setLink(this.#server(name).place, true);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map(({ process }) => process?.kill()));
    await this.#namespaces?.close();
  }

  get #divisible(): Namespaces {
    if (this.#namespaces === null) throw new Error("this cluster can't be divided");
    return this.#namespaces;
  }

  #server(name: string): Server {
    const server = this.#servers.find((known) => known.name === name);
    if (server === undefined) throw new Error(`there is no nats-server ${name}`);
    return server;
  }

  async #configure(): Promise<void> {
    const isDivisible = this.#namespaces !== null;
    const places = Array.from({ length: COPIES }, (_, place) => place);
    const ports = await Promise.all(places.map(() => freePort()));
    const routePorts = isDivisible ? places.map(() => ROUTE_PORT) : await Promise.all(places.map(() => freePort()));
    const hostOf = (place: number) => (isDivisible ? addressOf(place) : "127.0.0.1");
    const routes = places.map((place) => `"nats://${hostOf(place)}:${routePorts[place]}"`);
    for (const place of places) {
      const name = `nats-${place + 1}`;
      const port = ports[place] as number;
      const configFile = join(this.#folder, `${name}.conf`);
      writeFileSync(
        configFile,
        `server_name: ${name}
listen: "127.0.0.1:${isDivisible ? CLIENT_PORT : port}"
jetstream {
  store_dir: ${JSON.stringify(join(this.#folder, name))}
  sync_interval: always
  max_file_store: 64GB
  max_memory_store: 1GB
}
cluster {
  name: chaos
  listen: "${isDivisible ? "0.0.0.0" : "127.0.0.1"}:${routePorts[place]}"
  no_advertise: true
  routes: [${routes.join(", ")}]
}
`,
      );
      this.#servers.push({ name, port, place, configFile, process: null });
    }
  }

  async #start(server: Server): Promise<void> {
    const binary = findNatsBinary(process.env["NATS_SERVER_BIN"] ?? null, process.env["PATH"] ?? "");
    const command = [binary, "-c", server.configFile];
    const [file = "", ...args] = this.#namespaces === null ? command : ["unshare", "--net", ...command];
    const logFile = join(this.#folder, `${server.name}.log`);
    const started = await startGuarded({ file, args, stopSignal: "TERM", logFile });
    server.process = started;
    await this.#namespaces?.connect(server.place, started.pid, { port: server.port, to: CLIENT_PORT });
    await waitFor(`${server.name} to answer`, { deadlineMs: START_DEADLINE_MS, everyMs: 20 }, () =>
      answers(server.port),
    );
  }
}

async function answers(port: number): Promise<true | null> {
  const { connect } = await import("node:net");
  return await new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1_000 });
    const end = (answer: true | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", () => end(true));
    for (const trouble of ["error", "timeout", "close"]) socket.once(trouble, () => end(null));
  });
}
