import type { RootHookObject } from "mocha";
import { deleteTemporaryFolders } from "./temporary-folder.js";

const stops: (() => Promise<void>)[] = [];

/** For what a whole run shares; what belongs to one file is stopped in its `after`, where a failure is told. */
export function stopAfterRun(stop: () => Promise<void>): void {
  stops.push(stop);
}

// Mocha is not told to exit: the run ends when nothing is open any more. A test that leaves something open fails it.
const OPEN_AFTER_RUN_MAX_MS = 5000;
/** Hundreds of databases are deleted then. */
const STOP_TIMEOUT_MS = 60_000;

export const mochaHooks: RootHookObject = {
  async afterAll(this: Mocha.Context) {
    this.timeout(STOP_TIMEOUT_MS);
    await Promise.all(stops.map((stop) => stop()));
    deleteTemporaryFolders();
    setTimeout(() => {
      const open = process.getActiveResourcesInfo().filter((resource) => !/^(TTY|Pipe)Wrap$/.test(resource));
      console.error(`a test left something open (sockets, timers, processes): ${open.join(", ")}`);
      process.prependListener("exit", () => process.exit(1)); // before mocha's, which exits with its failure count
      process.exit();
    }, OPEN_AFTER_RUN_MAX_MS).unref();
  },
};
