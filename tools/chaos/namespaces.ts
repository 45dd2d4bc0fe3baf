/**
 * A network for servers that can be divided: each server in a namespace of its own, with a cable to a bridge in another one.
 * Outside of them nothing has an address or an interface: clients come in over a Unix socket, which knows no namespaces. A
 * namespace lives as long as the processes in it, so nothing is left behind however the run ends. Needs root and iproute2.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { createServer, connect as dial, type Server } from "node:net";
import { join } from "node:path";
import { type GuardedProcess, startGuarded } from "../../src/launcher/guarded-process.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { waitFor } from "../../src/shared/process/waits.js";

const RELAY = join(projectRoot, "tools", "chaos", "namespace-relay.mjs");
const READY_DEADLINE_MS = 10_000;

export const addressOf = (place: number): string => `10.31.0.${place + 1}`;
const cableOf = (place: number): string => `cable${place}`;

interface Relay {
  readonly process: GuardedProcess;
  readonly listener: Server;
}

export class Namespaces {
  readonly #folder: string;
  readonly #hub: GuardedProcess;
  readonly #relays = new Map<number, Relay>();

  private constructor(folder: string, hub: GuardedProcess) {
    this.#folder = folder;
    this.#hub = hub;
  }

  static async create(folder: string): Promise<Namespaces> {
    const logFile = join(folder, "hub.log");
    const hub = await startGuarded({
      file: "unshare",
      args: ["--net", "sleep", "infinity"],
      stopSignal: "TERM",
      logFile,
    });
    const namespaces = new Namespaces(folder, hub);
    await namespaces.#isIn(hub.pid);
    namespaces.#inHub("link", "add", "bridge", "type", "bridge");
    namespaces.#inHub("link", "set", "bridge", "up");
    return namespaces;
  }

  /** A process that was started by `unshare --net` gets its cable, and clients a way in. */
  async connect(
    place: number,
    pid: number,
    { port, to }: { readonly port: number; readonly to: number },
  ): Promise<void> {
    await this.#disconnect(place);
    await this.#isIn(pid);
    const cable = cableOf(place);
    const peer = ["peer", "name", "eth0", "netns", String(pid)];
    this.#inHub("link", "add", cable, "type", "veth", ...peer);
    this.#inHub("link", "set", cable, "master", "bridge", "up");
    const inside = (...args: string[]) => execFileSync("nsenter", ["-t", String(pid), "-n", "ip", ...args]);
    inside("link", "set", "lo", "up");
    inside("address", "add", `${addressOf(place)}/24`, "dev", "eth0");
    inside("link", "set", "eth0", "up");
    const path = join(this.#folder, `${place}.sock`);
    rmSync(path, { force: true });
    const relay = ["-t", String(pid), "-n", process.execPath, RELAY, path, String(to)];
    const logFile = join(this.#folder, "relay.log");
    const started = await startGuarded({ file: "nsenter", args: relay, stopSignal: "TERM", logFile });
    await waitFor("the relay", { deadlineMs: READY_DEADLINE_MS, everyMs: 10 }, () => (existsSync(path) ? true : null));
    const listener = await wayIn(port, path);
    this.#relays.set(place, { process: started, listener });
  }

  /** Nothing passes between this place and the others, or it does again. */
  setLink(place: number, isUp: boolean): void {
    this.#inHub("link", "set", cableOf(place), isUp ? "up" : "down");
  }

  async close(): Promise<void> {
    for (const place of [...this.#relays.keys()]) await this.#disconnect(place);
    await this.#hub.kill();
  }

  async #disconnect(place: number): Promise<void> {
    const relay = this.#relays.get(place);
    this.#relays.delete(place);
    await relay?.process.kill();
    relay?.listener.close();
  }

  #inHub(...args: string[]): void {
    execFileSync("nsenter", ["-t", String(this.#hub.pid), "-n", "ip", ...args]);
  }

  /** Until then it is still in ours. */
  async #isIn(pid: number): Promise<void> {
    const ours = namespaceOf("self");
    await waitFor("a network namespace", { deadlineMs: READY_DEADLINE_MS, everyMs: 5 }, () => {
      const its = namespaceOf(String(pid));
      return its !== "" && its !== ours ? true : null;
    });
  }
}

function namespaceOf(pid: string): string {
  const { stdout } = spawnSync("readlink", [`/proc/${pid}/ns/net`], { encoding: "utf8" });
  return stdout.trim();
}

async function wayIn(port: number, path: string): Promise<Server> {
  const listener = createServer({ noDelay: true }, (client) => {
    const server = dial({ path });
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on("error", end).on("close", end);
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return listener;
}

/** Why there can't be any here; null: there can. */
export function namespacesObstacle(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root on Linux can make network namespaces";
  const { status, stderr, error } = spawnSync("unshare", ["--net", "ip", "link", "add", "try", "type", "bridge"], {
    encoding: "utf8",
  });
  if (status === 0) return null;
  return `network namespaces can't be made here (iproute2 is needed): ${error?.message ?? stderr.trim()}`;
}
