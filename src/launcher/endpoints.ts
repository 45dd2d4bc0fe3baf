import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stopLeftover } from "./leftovers.js";

/** DATA_DIR/endpoints.json: where everything is, for the tools. It holds a password, so it is its owner's alone. */
export interface Endpoints {
  readonly natsUrl: string;
  readonly databaseUrl: string;
  /** `tls` is there only when it is spoken. */
  readonly orderHandler: { readonly host: string; readonly port: number; readonly tls?: true };
  readonly notifierUrl: string;
  readonly services: readonly { readonly name: string; readonly pid: number; readonly adminUrl: string }[];
}

function fileIn(dataFolder: string): string {
  return join(dataFolder, "endpoints.json");
}

/** Whoever reads it while it is written sees the old one or the new one. */
export function writeEndpoints(dataFolder: string, endpoints: Endpoints): void {
  const draft = `${fileIn(dataFolder)}.new`;
  writeFileSync(draft, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, fileIn(dataFolder));
}

export function removeEndpoints(dataFolder: string): void {
  rmSync(fileIn(dataFolder), { force: true });
}

/** A service ends by itself when its launcher is gone; this waits for those that are still at it. */
export async function stopLeftoverServices(dataFolder: string): Promise<void> {
  let services: Endpoints["services"];
  try {
    services = JSON.parse(readFileSync(fileIn(dataFolder), "utf8")).services;
  } catch {
    return; // there was an orderly end
  }
  await Promise.all(services.map(({ pid }) => stopLeftover(pid, dataFolder, "SIGTERM")));
  removeEndpoints(dataFolder);
}
