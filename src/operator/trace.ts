/** One order's way (trace-readings.ts) as steps with their times, and as text for an operator. Pure. */
import type { EpochUs } from "../shared/domain/units.js";
import { microsecondText } from "../shared/process/clock.js";
import { visible } from "../shared/process/visible-text.js";
import { table } from "./command-line.js";
import { type Message, type OrderReadings, REPORTS_MAX, type StoredReport } from "./trace-readings.js";

export const TRACE_SUMMARY = "One order's way through the pipeline: when it was where, and the time between.";
export const TRACE_HELP = `
The servers are those of NATS_URL and DATABASE_URL, or those that npm start runs (DATA_DIR). An order's id is what its ACK says.
Exit codes: 0 shown, 1 there is no such order, 2 not understood.

  npm run trace -- BTC-USD 12345`;

export interface Step {
  readonly step: string;
  /** Null: nobody knows. */
  readonly atUs: EpochUs | null;
  /** What has the time, or why nobody knows. */
  readonly source: string;
}

const PUBLISHED = "published";
const GONE = "not there any more";
const NOT_YET = "not yet";
const COMMIT_UNKNOWN = "Postgres did not note when (track_commit_timestamp)";
const FOOTNOTE = `A message's and a commit's time is when its server took it; its way to the disk follows.
Times of several machines are compared as they are.`;

/** The steps of the order's arrival, in their order, and what became of it since. */
export function stepsOf({
  request,
  logged,
  command,
  execution,
  reports,
  notification,
}: Omit<OrderReadings, "asset" | "orderId">): Step[] {
  const [report, ...later] = reports;
  const row = logged === null ? "" : `order_log, command ${logged.commandSequence}`;
  const missing = (isPast: boolean) => (isPast ? GONE : NOT_YET);
  const message = (step: string, stream: string, place: Message | null, why: string): Step => ({
    step,
    atUs: place?.storedAtUs ?? null,
    source: `${stream}, ${place === null ? why : `message ${place.streamSequence}`}`,
  });
  const commit = (step: string, source: string, of: { committedAtUs: EpochUs | null } | null): Step => ({
    step,
    atUs: of?.committedAtUs ?? null,
    source: of === null ? `${source}, ${NOT_YET}` : of.committedAtUs === null ? `${source}: ${COMMIT_UNKNOWN}` : source,
  });
  return [
    {
      step: "received",
      atUs: logged?.receivedAtUs ?? request?.receivedAtUs ?? null,
      source: row || "ORDERS",
    },
    message("on disk", "ORDERS", request?.message ?? null, GONE),
    { step: "decided", atUs: logged?.sequencedAtUs ?? null, source: row || `order_log, ${NOT_YET}` },
    commit("logged", row || "order_log", logged),
    message("handed over", "COMMANDS", command, missing(execution !== null || report !== undefined)),
    message("matched", "EXECUTIONS", execution, missing(report !== undefined)),
    commit("settled", report === undefined ? "execution_reports" : reportName(report), report ?? null),
    message(
      PUBLISHED,
      "NOTIFICATIONS",
      notification,
      report === undefined ? NOT_YET : "not there (they are kept for 10 minutes)",
    ),
    ...later.map((each) => commit(each.event, reportName(each), each)),
    ...(reports.length < REPORTS_MAX ? [] : [{ step: "…", atUs: null, source: "what came later is not shown" }]),
  ];
}

function reportName({ event, accountSequence, eventSequence, tradeId }: StoredReport): string {
  const trade = tradeId === null ? "" : `, trade ${tradeId}`;
  return `execution_reports ${accountSequence}: ${event}, event ${eventSequence}${trade}`;
}

export function traceText(readings: OrderReadings): string {
  const { asset, orderId, request, logged } = readings;
  const owner = logged?.account ?? `account ${request?.accountId}`;
  const named = logged === null || logged.clientOrderId === null ? "" : ` (${logged.clientOrderId})`;
  const title = visible(`order ${orderId} of ${asset}, by ${owner}${named}`);
  let lastUs: EpochUs | null = null;
  const rows = stepsOf(readings).map(({ step, atUs, source }) => {
    const sinceMs = atUs === null || lastUs === null ? "" : ((atUs - lastUs) / 1_000).toFixed(3);
    // Later reports follow the settlement: they are often of the same commit, before anything was published.
    if (step !== PUBLISHED) lastUs = atUs ?? lastUs;
    return [step, atUs === null ? "" : microsecondText(atUs), sinceMs.padStart(10), source];
  });
  return [title, table([["step", "at", "+ ms".padStart(10), "in"], ...rows]), FOOTNOTE].join("\n\n");
}
