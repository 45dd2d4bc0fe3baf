import type { RootHookObject } from "mocha";
import { patience } from "./machine.js";
import { deleteTemporaryFolders } from "./temporary-folder.js";

const stops: (() => Promise<void>)[] = [];

/** For what a whole run shares; what belongs to one file is stopped in its `after`, where a failure is told. */
export function stopAfterRun(stop: () => Promise<void>): void {
  stops.push(stop);
}

/** What is pushed on it is closed after each test of the `describe` that calls this. */
export function closedAfterEach<T extends { close(): unknown }>(): T[] {
  const open: T[] = [];
  afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));
  return open;
}

// Mocha is not told to exit: the run ends when nothing is open any more. A test that leaves something open fails it.
const OPEN_AFTER_RUN_MAX_MS = 5000;
/** Hundreds of databases are deleted then. */
const STOP_TIMEOUT_MS = 60_000;

/** How much longer than on an idle machine a test may take before it is given up: what it waits for ends sooner. */
const GIVEN_UP_AFTER = 3;

export const mochaHooks: RootHookObject = {
  beforeEach(this: Mocha.Context) {
    const { currentTest } = this;
    currentTest?.timeout(GIVEN_UP_AFTER * patience(currentTest.timeout()));
  },
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
