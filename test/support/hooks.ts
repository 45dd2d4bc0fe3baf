/**
 * What mocha does around the tests. `npm test` runs files side by side, in worker processes: the root hooks then run in those,
 * `afterAll` after each file (and for `npx mocha FILE…` once, at the end). The global ones run once, in mocha's own process.
 */
import type { RootHookObject } from "mocha";
import { lookForPortsIn } from "../../src/launcher/free-port.js";
import { until } from "./eventually.js";
import { patience } from "./machine.js";
import { openTimers, watchTimers } from "./open-timers.js";
import { processesNaming } from "./processes.js";
import { deleteFolderOfRun, folderOfRun } from "./temporary-folder.js";

/**
 * Below the ports that the product takes, each process has some of its own: a port that a test has chosen for something that is
 * only starting would else be free for the tests beside it.
 */
const [PORTS_FROM, PORTS, SHARES] = [10_000, 600, 16];
const firstPort = PORTS_FROM + (process.pid % SHARES) * PORTS;
lookForPortsIn(firstPort, firstPort + PORTS);
watchTimers();

/** How much longer than on an idle machine a test may take before it is given up: what it waits for ends sooner. */
const GIVEN_UP_AFTER = 3;
const STILL_OPEN_MAX_MS = 5_000;
const STILL_RUNNING_MAX_MS = 10_000;

/** What earlier files of this process left open: that is told once. */
let leftBefore = 0;
const stopsAfterFile: (() => Promise<void>)[] = [];
const stopsAfterRun: (() => Promise<void>)[] = [];

/** For what belongs to one file, where its `after`, in which a failure is told, did not. */
export function stopAfterFile(stop: () => Promise<void>): void {
  stopsAfterFile.push(stop);
}

/** For a server that all files of this process share. In a worker nobody calls `stop`: its servers end with it. */
export function stopAfterRun(stop: () => Promise<void>): void {
  stopsAfterRun.push(stop);
}

/** What is pushed on it is closed after each test of the `describe` that calls this. */
export function closedAfterEach<T extends { close(): unknown }>(): T[] {
  const open: T[] = [];
  afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));
  return open;
}

/** What keeps this process alive, except for the servers that its files share. */
function openResources(): string[] {
  const open = process.getActiveResourcesInfo().filter((resource) => !/^(TTY|Pipe)Wrap$/.test(resource));
  for (const _ of stopsAfterRun) if (open.includes("ProcessWrap")) open.splice(open.indexOf("ProcessWrap"), 1);
  return open;
}

/** What mocha does not tell of a suite. */
interface Hooked {
  readonly suites: readonly Hooked[];
  readonly _beforeAll: readonly Mocha.Runnable[];
  readonly _beforeEach: readonly Mocha.Runnable[];
  readonly _afterEach: readonly Mocha.Runnable[];
  readonly _afterAll: readonly Mocha.Runnable[];
}

function* hooksOf(suite: Hooked): Generator<Mocha.Runnable> {
  for (const hooks of [suite._beforeAll, suite._beforeEach, suite._afterEach, suite._afterAll]) yield* hooks;
  for (const inner of suite.suites) yield* hooksOf(inner);
}

/** A test's time is set when it begins; that of hooks, which begin before it, once for all. */
const HOOKS_GIVEN_UP_AFTER = 3 * GIVEN_UP_AFTER;

export const mochaHooks: RootHookObject = {
  beforeAll(this: Mocha.Context) {
    const suite = this.runnable().parent as unknown as Hooked;
    for (const hook of hooksOf(suite)) hook.timeout(HOOKS_GIVEN_UP_AFTER * patience(hook.timeout()));
  },
  beforeEach(this: Mocha.Context) {
    const { currentTest } = this;
    currentTest?.timeout(GIVEN_UP_AFTER * patience(currentTest.timeout()));
  },
  async afterAll(this: Mocha.Context) {
    await Promise.all(stopsAfterFile.splice(0).map((stop) => stop()));
    this.runnable().clearTimeout(); // mocha's timer for this hook would be open, too
    await until("nothing open", () => openResources().length <= leftBefore, STILL_OPEN_MAX_MS).catch((cause) => {
      leftBefore = openResources().length;
      const left = [openResources().join(", "), ...openTimers()].join("\n  a timer set\n");
      throw new Error(`a test left something open: ${left}`, { cause });
    });
  },
};

export function mochaGlobalSetup(): void {
  folderOfRun(); // before the workers start
}

export async function mochaGlobalTeardown(): Promise<void> {
  await Promise.all(stopsAfterRun.map((stop) => stop()));
  const running = () => processesNaming(folderOfRun());
  await until("no process of the run", () => running().length === 0, STILL_RUNNING_MAX_MS).catch((cause) => {
    throw new Error(`a test left processes behind:\n${running().join("\n")}`, { cause });
  });
  deleteFolderOfRun();
}
