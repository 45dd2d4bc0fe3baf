/**
 * npm run bench:bots: a long day of the bots in short. They trade, faster than they would, until so many commands are settled, while
 * the processes of the pipeline, and their own, are killed in turn. Then the desk stops them, and what is left is looked at.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { connectDatabase, type Database } from "../../src/shared/database/database.js";
import { readEndpoints } from "../../src/shared/process/endpoints.js";
import { createLogger } from "../../src/shared/process/log.js";
import { commandLine, whole } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { pausedFor, waitFor } from "../../src/shared/process/waits.js";
import { startOwnPipeline } from "../../tools/load/own-pipeline.js";
import { asked } from "../options.js";
import { settledCommands } from "../settled-commands.js";

const LOOK_EVERY_MS = 1_000;
const TELL_EVERY_LOOKS = 30;
const NEXT_PROCESS_TIMEOUT_MS = 60_000;
/** Without a new command for so long the bots don't trade any more. */
const STANDSTILL_MAX_MS = 120_000;
const SETTLED_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;
const OPERATE_TIMEOUT_MS = 30_000;
/** A million commands took two minutes on one core. */
const RECONCILE_TIMEOUT_MS = 1_800_000;
const OPERATOR = "bench";

const { commands, kills, speed } = asked(() =>
  commandLine(
    "bench:bots",
    "Bots trade while processes are killed; then none of their orders is left, and all adds up.",
  )
    .option("--commands <count>", "settled, until they are stopped", whole({ from: 1_000, to: 100_000_000 }), 1_000_000)
    .option("--kills <count>", "of each process, one after the other", whole({ from: 0, to: 1_000 }), 3)
    .option(
      "--speed <times>",
      "how many times as often as usual they look at the market",
      whole({ from: 1, to: 100 }),
      8,
    )
    .parse()
    .opts(),
);
const own = await startOwnPipeline({ BOTS: "1", BOTS_SPEED: String(speed) });
const database = await connectDatabase(own.target.databaseUrl ?? "", {
  applicationName: "bench",
  log: createLogger("bench", "silent"),
});
try {
  const startedMs = performance.now();
  const killed = await trade(database);
  const minutes = (performance.now() - startedMs) / 60_000;
  await stopBots();
  const found = await left(database);
  const perSecond = Math.round(commands / minutes / 60);
  console.log(`${commands} commands in ${minutes.toFixed(1)} minutes, ${perSecond}/s, ${killed}`);
  for (const [what, count] of Object.entries(found)) console.log(`${what}: ${count}`);
  if (Object.values(found).some((count) => count > 0)) process.exitCode = 1;
} finally {
  await database.close();
  await own.stop();
}

/** Until all commands are settled, with the kills at equal distances between; says how many there were. */
async function trade(asking: Database): Promise<string> {
  const victims = victimsOf();
  const distance = commands / (victims.length * kills + 1);
  let killed = 0;
  let [last, movedMs] = [0, performance.now()];
  for (let look = 1; ; look++) {
    await pausedFor(LOOK_EVERY_MS);
    const settled = await settledCommands(asking);
    if (settled >= commands) return `${killed} kills of ${victims.length} processes`;
    if (settled > last) [last, movedMs] = [settled, performance.now()];
    if (performance.now() - movedMs > STANDSTILL_MAX_MS)
      throw new Error(`the bots stand still after ${settled} commands`);
    if (settled >= (killed + 1) * distance) await kill(victims[killed++ % victims.length] as string);
    if (look % TELL_EVERY_LOOKS === 0) console.error(`${settled} commands, ${killed} kills`);
  }
}

/** One name for each process. */
function victimsOf(): readonly string[] {
  const byPid = new Map(services().map(({ pid, name }) => [pid, name]));
  return [...byPid.values()];
}

function services() {
  return readEndpoints(own.dataDir, "it was just started").services;
}

async function kill(name: string): Promise<void> {
  const pidOf = () => services().find((service) => service.name === name)?.pid ?? null;
  const killed = pidOf();
  if (killed === null) throw new Error(`there is no ${name}`);
  process.kill(killed, "SIGKILL");
  await waitFor(`another ${name}`, { deadlineMs: NEXT_PROCESS_TIMEOUT_MS }, () => {
    const next = pidOf();
    return next !== null && next !== killed ? next : null;
  });
}

async function stopBots(): Promise<void> {
  operate("account", "create", "ops");
  const key = operate("account", "key", "ops", "--role", "operator", "--id", OPERATOR, "--json");
  const { secret } = JSON.parse(key) as { readonly secret: string };
  const { backOfficeUrl } = readEndpoints(own.dataDir, "it was just started");
  const answer = await fetch(`${backOfficeUrl}/api/bot/stop`, {
    method: "POST",
    signal: AbortSignal.timeout(STOP_TIMEOUT_MS),
    headers: {
      authorization: `Basic ${Buffer.from(`${OPERATOR}:${secret}`).toString("base64")}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ why: "the bench is over" }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the desk did not stop the bots: ${answer.status} ${text}`);
  console.error(`stopped: ${text}`);
}

function operate(...args: readonly string[]): string {
  return execFileSync(process.execPath, [join(projectRoot, "dist", "operator", "main.js"), ...args], {
    env: { ...process.env, DATA_DIR: own.dataDir },
    timeout: OPERATE_TIMEOUT_MS,
    encoding: "utf8",
  });
}

/** Each should be 0. */
async function left(asking: Database): Promise<Readonly<Record<string, number>>> {
  const openOrders = async () => {
    const sql = `select count(*)::float8 as count from orders where status in ('open', 'partially_filled', 'pending_trigger')`;
    const [row] = await asking.query<{ count: number }>(sql, []);
    return row?.count ?? Number.POSITIVE_INFINITY;
  };
  const ended = waitFor("their end", { deadlineMs: SETTLED_TIMEOUT_MS, everyMs: LOOK_EVERY_MS }, async () =>
    (await openOrders()) === 0 ? true : null,
  );
  await ended.catch(() => undefined);
  const negative = "select count(*)::float8 as count from balances where held < 0 or (available < 0 and not may_owe)";
  const [balances] = await asking.query<{ count: number }>(negative, []);
  return {
    "orders that are open": await openOrders(),
    "balances below zero": balances?.count ?? Number.POSITIVE_INFINITY,
    "exit code of npm run reconcile": reconciled(),
  };
}

/** Its exit code; 0: nothing differs. */
function reconciled(): number {
  const { status, stdout } = spawnSync(process.execPath, [join(projectRoot, "dist", "reconciliation", "command.js")], {
    env: { ...process.env, DATA_DIR: own.dataDir },
    timeout: RECONCILE_TIMEOUT_MS,
    encoding: "utf8",
  });
  console.error(stdout);
  return status ?? 1;
}
