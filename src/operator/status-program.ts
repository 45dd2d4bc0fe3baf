/** `npm run status`: a screen that refreshes in a terminal; elsewhere, and with --once or --json, one look. */
import { ConfigurationError } from "../shared/domain/errors.js";
import { nowEpochMs } from "../shared/process/clock.js";
import type { Logger } from "../shared/process/log.js";
import { commandLine, whole } from "../shared/process/options.js";
import { pausedFor } from "../shared/process/waits.js";
import type { Places } from "../shared/status/places.js";
import { problemsOf } from "../shared/status/status-problems.js";
import { isSilent, readStatus, type StatusReadings } from "../shared/status/status-readings.js";
import { AlarmHistory } from "./alarm-history.js";
import { placesToLookAt } from "./config.js";
import { statusText } from "./status.js";
import { StatusScreen } from "./status-screen.js";

const SUMMARY =
  "How the pipeline is doing: every service, every asset, who works on it, the streams; what is wrong, and what to do about it.";
const HELP = `
In a terminal it looks again and again, until Ctrl-C. In a pipe, and with --once or --json, it looks once (for a second, which
rates are measured in); exit codes then: 0 all is well, 1 something is not, 2 not understood.
late by: how late the service's timers were, on average; requests/s: what was logged; lag: age of the oldest input.
The servers are those of NATS_URL and DATABASE_URL, or those that npm start runs (DATA_DIR); so are the services, which are
asked at ADMIN_HOST, from ADMIN_PORT_BASE on, where npm start runs none.`;

/** What rates are measured in where there is one look only. */
const RATE_MS = 1_000;

export async function showStatus(args: readonly string[], log: Logger): Promise<void> {
  const options = commandLine("status", SUMMARY)
    .option("--once", "look once")
    .option("--json", "print one JSON object, in one line")
    .option("--every <seconds>", "how often to look", whole({ to: 3_600 }), 2)
    .addHelpText("after", HELP)
    .parse([...args], { from: "user" })
    .opts();
  if (options.once || options.json || !process.stdout.isTTY) await lookOnce(log, options.json === true);
  else await watch(log, options.every * 1_000);
}

async function lookOnce(log: Logger, isJson: boolean): Promise<void> {
  const places = placesToLookAt();
  const before = await readStatus(places, log);
  const isMeasurable = !isSilent(before.assets);
  if (isMeasurable) await pausedFor(RATE_MS);
  const now = isMeasurable ? await readStatus(places, log) : before;
  const problems = problemsOf(now);
  const text = isJson
    ? JSON.stringify({ problems, ...now, requestsPerSecond: ratesOf(before, now) })
    : statusText({ now, before, alarms: [] });
  // Exits at once: a connection to a server that does not answer would keep the process alive.
  process.stdout.write(`${text}\n`, () => process.exit(problems.length === 0 ? 0 : 1));
}

/** By asset, the requests logged in a second. */
function ratesOf(before: StatusReadings, now: StatusReadings): Record<string, number> {
  if (isSilent(before.assets) || isSilent(now.assets) || now === before) return {};
  const earlier = new Map(before.assets.map(({ asset, logged }) => [asset, logged]));
  const seconds = (now.atMs - before.atMs) / 1_000;
  return Object.fromEntries(
    now.assets.map(({ asset, logged }) => [asset, Math.round((logged - (earlier.get(asset) ?? 0)) / seconds)]),
  );
}

async function watch(log: Logger, everyMs: number): Promise<void> {
  const end = new AbortController();
  const screen = new StatusScreen(process.stdout);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => end.abort());
  // Whatever ends the program: the terminal is as it was.
  for (const last of ["exit", "uncaughtExceptionMonitor"] as const) process.on(last, () => screen.close());
  end.signal.addEventListener("abort", () => process.exit(0));
  const history = new AlarmHistory();
  let places = placesToLookAt();
  screen.show("looking …", nowEpochMs());
  for (let before: StatusReadings | null = null; !end.signal.aborted; ) {
    places = placesNow() ?? places;
    const now = await readStatus(places, log);
    history.look(problemsOf(now), now.atMs);
    screen.show(statusText({ now, before, alarms: history.alarms }), now.atMs);
    before = now;
    await pausedFor(everyMs, end.signal);
  }
}

/** Addresses change with each npm start; null: none runs at this moment. */
function placesNow(): Places | null {
  try {
    return placesToLookAt();
  } catch (error) {
    if (error instanceof ConfigurationError) return null;
    throw error;
  }
}
