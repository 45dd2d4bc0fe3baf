/** Reads one order's way through the pipeline: its rows in Postgres, and the messages that carried it. */
import { type Bus, connectBus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import { subjectOf } from "../shared/bus/subjects.js";
import { committedAtUs } from "../shared/database/commit-time.js";
import { connectDatabase, type Database } from "../shared/database/database.js";
import type { OrderRequest } from "../shared/domain/messages.js";
import type { ReportEvent } from "../shared/domain/reports.js";
import { type AccountId, BATCH_ITEMS_MAX, type EpochUs, type OrderId, streamSequence } from "../shared/domain/units.js";
import { RefusedToOperator } from "../shared/operators/refused.js";
import type { Logger } from "../shared/process/log.js";
import {
  decodeCommandBatch,
  decodeExecutionRows,
  decodeNotificationBatch,
  decodeOrderBatch,
} from "../shared/wire/pipeline-codec.js";
import { firstMessageFrom } from "./message-search.js";

/** The row of order_log that an order became. */
export interface LoggedOrder {
  readonly commandSequence: number;
  readonly kind: string;
  readonly accountId: AccountId;
  readonly account: string;
  readonly clientOrderId: string | null;
  readonly receivedAtUs: EpochUs;
  readonly sequencedAtUs: EpochUs;
  /** Null: Postgres does not know. */
  readonly committedAtUs: EpochUs | null;
}

/** A row of execution_reports. */
export interface StoredReport {
  readonly event: ReportEvent;
  readonly eventSequence: number;
  readonly accountSequence: number;
  readonly tradeId: number | null;
  readonly committedAtUs: EpochUs | null;
}

export type Message = Pick<InputMessage, "streamSequence" | "storedAtUs">;

/** What there is of an order. Null: it is not there yet, or not any more. */
export interface OrderReadings {
  readonly asset: string;
  readonly orderId: OrderId;
  /** Its request, and the message of the order log that it is in. */
  readonly request: (OrderRequest & { readonly message: Message }) | null;
  readonly logged: LoggedOrder | null;
  readonly command: Message | null;
  /** The message with its first event. */
  readonly execution: Message | null;
  /** In the order of the account; the first says what became of it on arrival. */
  readonly reports: readonly StoredReport[];
  /** The message with its first report. */
  readonly notification: Message | null;
}

const ANSWER_DEADLINE_MS = 3_000;
/** Reports of one order at most. */
export const REPORTS_MAX = 50;
/** The clocks of order-processing and nats-server differ by less. */
const CLOCKS_APART_US = 1_000_000;

const COMMITTED_AT_US = `${committedAtUs("r")} as "committedAtUs"`;

/** Rejects with RefusedToOperator where there is no such asset or order. */
export async function readOrder(
  servers: { readonly natsUrl: string; readonly databaseUrl: string },
  asset: string,
  orderId: OrderId,
  log: Logger,
): Promise<OrderReadings> {
  const options = { applicationName: "operator", log };
  const database = await connectDatabase(servers.databaseUrl, options, ANSWER_DEADLINE_MS);
  try {
    const bus = await connectBus(servers.natsUrl, { name: "operator", log }, ANSWER_DEADLINE_MS);
    try {
      return await new OrderReader(database, bus, asset, orderId).read();
    } finally {
      await bus.close();
    }
  } finally {
    await database.close();
  }
}

class OrderReader {
  readonly #database: Database;
  readonly #bus: Bus;
  readonly #asset: string;
  readonly #orderId: OrderId;

  constructor(database: Database, bus: Bus, asset: string, orderId: OrderId) {
    this.#database = database;
    this.#bus = bus;
    this.#asset = asset;
    this.#orderId = orderId;
  }

  async read(): Promise<OrderReadings> {
    const [asset, orderId] = [this.#asset, this.#orderId];
    const rows = await this.#database.query<{ asset: string }>("select asset from assets order by asset");
    const known = rows.map((row) => row.asset);
    if (!known.includes(asset))
      throw new RefusedToOperator(`there is no asset ${asset}; there are ${known.join(", ")}`);
    const [request, logged] = [await this.#readRequest(), await this.#readLogged()];
    const kind = logged?.kind ?? request?.body.kind;
    if (kind === undefined)
      throw new RefusedToOperator(
        `there is no order ${orderId} of ${asset}; its ACK and its reports say an order's id`,
      );
    if (kind !== "new") throw new RefusedToOperator(`${orderId} of ${asset} is no order, but a ${kind}`);
    const found = { asset, orderId, request, logged };
    if (logged === null) return { ...found, command: null, execution: null, reports: [], notification: null };
    const reports = await this.#readReports(logged);
    const [report] = reports;
    return {
      ...found,
      command: await this.#findCommand(logged),
      execution: await this.#findExecution(logged, report),
      reports,
      notification: report === undefined ? null : await this.#findNotification(logged, report),
    };
  }

  async #readRequest(): Promise<OrderReadings["request"]> {
    const place = Math.floor(this.#orderId / BATCH_ITEMS_MAX);
    if (place === 0) return null;
    const subject = subjectOf("ORDERS", this.#asset);
    const message = await this.#bus.nextMessage("ORDERS", subject, streamSequence(place - 1));
    if (message?.streamSequence !== place) return null;
    const request = decodeOrderBatch(message.data)[this.#orderId % BATCH_ITEMS_MAX];
    return request === undefined ? null : { ...request, message };
  }

  async #readLogged(): Promise<LoggedOrder | null> {
    const [row] = await this.#database.query<LoggedOrder>(
      `select command_sequence as "commandSequence", kind, account_id as "accountId", client_order_id as "clientOrderId",
         (select name from accounts a where a.account_id = r.account_id) as account, received_at_us as "receivedAtUs", sequenced_at_us as "sequencedAtUs", ${COMMITTED_AT_US}
       from order_log r where asset = $1 and log_id = $2`,
      [this.#asset, this.#orderId],
    );
    return row ?? null;
  }

  #readReports({ accountId }: LoggedOrder): Promise<StoredReport[]> {
    return this.#database.query<StoredReport>(
      `select event, event_sequence as "eventSequence", account_sequence as "accountSequence", trade_id as "tradeId",
         ${COMMITTED_AT_US}
       from execution_reports r where account_id = $1 and asset = $2 and order_id = $3
       order by account_sequence limit ${REPORTS_MAX}`,
      [accountId, this.#asset, this.#orderId],
    );
  }

  async #findCommand({ commandSequence }: LoggedOrder): Promise<Message | null> {
    const last = (message: InputMessage) => decodeCommandBatch(message.data).at(-1)?.commandSequence ?? 0;
    const message = await firstMessageFrom(this.#bus, ["COMMANDS", this.#asset], last, commandSequence);
    if (message === null) return null;
    const [first] = decodeCommandBatch(message.data);
    return first !== undefined && first.commandSequence <= commandSequence ? message : null;
  }

  /** Without a report yet, the command says where its events are. */
  async #findExecution({ commandSequence }: LoggedOrder, report: StoredReport | undefined): Promise<Message | null> {
    const [measure, target] =
      report === undefined
        ? (["throughCommand", commandSequence] as const)
        : (["throughEvent", report.eventSequence] as const);
    const reach = (message: InputMessage) => decodeExecutionRows(message.data)[measure];
    const message = await firstMessageFrom(this.#bus, ["EXECUTIONS", this.#asset], reach, target);
    if (message === null || report === undefined) return message;
    return decodeExecutionRows(message.data).firstEventSequence <= report.eventSequence ? message : null;
  }

  /** Reports of an asset are told in the order in which they were matched. */
  async #findNotification(logged: LoggedOrder, report: StoredReport): Promise<Message | null> {
    const [stream, subject] = ["NOTIFICATIONS", subjectOf("NOTIFICATIONS", this.#asset)] as const;
    const earliestUs = logged.sequencedAtUs - CLOCKS_APART_US;
    const storedAtUs = (message: InputMessage) => message.storedAtUs;
    let message = await firstMessageFrom(this.#bus, [stream, this.#asset], storedAtUs, earliestUs);
    while (message !== null) {
      const { reports } = decodeNotificationBatch(message.data);
      const isIt = (one: { accountId: number; accountSequence: number }) =>
        one.accountId === logged.accountId && one.accountSequence === report.accountSequence;
      if (reports.some(isIt)) return message;
      if (reports.some(({ matchedAtUs }) => matchedAtUs > logged.sequencedAtUs)) return null;
      message = await this.#bus.nextMessage(stream, subject, message.streamSequence);
    }
    return null;
  }
}
