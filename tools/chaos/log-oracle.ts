/** One asset's log against what clients were told, and against what order-processing made of it. */
import { readRange } from "../../src/matching-engine/subject-range.js";
import { subjectOf } from "../../src/shared/bus/subjects.js";
import type { LoggedRequest, RequestBody } from "../../src/shared/domain/messages.js";
import { logIdAt, type StreamSequence, streamSequence } from "../../src/shared/domain/units.js";
import { decodeOrderBatch } from "../../src/shared/wire/pipeline-codec.js";
import { type Difference, fieldsThatDiffer } from "./difference.js";
import type { World } from "./world.js";

/** As the columns of order_log are called. */
export interface LogRow {
  readonly commandSequence: number;
  readonly logId: number;
  readonly accountId: number;
  readonly kind: string;
  readonly refused: string | null;
  readonly firstOrderId: number | null;
}

const ROWS = `select command_sequence as "commandSequence", log_id as "logId", account_id as "accountId", kind,
    client_order_id as "clientOrderId", order_id as "orderId", side, type, time_in_force as "timeInForce",
    quantity_lots as "quantityLots", price_ticks as "priceTicks", stop_price_ticks as "stopPriceTicks",
    display_lots as "displayLots", minimum_lots as "minimumLots", quote_budget_units as "quoteBudgetUnits",
    expires_at_ms as "expiresAtMs", post_only as "postOnly", self_trade_prevention as "selfTradePrevention",
    refused, first_order_id as "firstOrderId", received_at_us as "receivedAtUs"
  from order_log where asset = $1 and command_sequence > $2 and command_sequence <= $3 and log_id is not null
  order by command_sequence`;

export class LogOracle {
  readonly #world: World;
  readonly #asset: string;
  /** By account and client order id: the order that took it. */
  readonly #taken = new Map<string, number>();
  #streamThrough: StreamSequence = streamSequence(0);

  constructor(world: World, asset: string) {
    this.#world = world;
    this.#asset = asset;
  }

  /** Compares what is new in the log with the order_log's rows after `after`; the log must be processed to its end. */
  async *differences(after: number, through: number): AsyncGenerator<Difference> {
    const rows = await this.#world.database.query<LogRow>(ROWS, [this.#asset, after, through]);
    let next = 0;
    for await (const request of this.#requests()) {
      yield* this.#world.load.attempts.inLog(this.#asset, request);
      const row = rows[next];
      if (row === undefined || row.logId > request.logId) {
        yield { kind: "lost", text: `${this.#asset} ${request.logId} is in the log and not in order_log` };
        continue;
      }
      next++;
      const differing = fieldsThatDiffer(rowOf(request), row) ?? this.#misusedId(request, row);
      if (differing !== null)
        yield { kind: "differing", text: `order_log ${this.#asset} ${request.logId}: ${differing}` };
    }
    for (const row of rows.slice(next))
      yield { kind: "doubled", text: `${this.#asset} ${row.logId} is in order_log once more than in the log` };
  }

  async *#requests(): AsyncGenerator<LoggedRequest> {
    const { bus } = this.#world;
    const subject = subjectOf("ORDERS", this.#asset);
    const last = await bus.lastMessage("ORDERS", subject);
    if (last === null) return;
    const range = { stream: "ORDERS", subject, after: this.#streamThrough, through: last.streamSequence } as const;
    for await (const { data, streamSequence } of readRange(bus, range)) {
      this.#streamThrough = streamSequence;
      for (const [index, request] of decodeOrderBatch(data).entries())
        yield { ...request, logId: logIdAt(streamSequence, index) };
    }
  }

  /** Whoever comes first with a client order id has it; all others are told who that was. */
  #misusedId({ accountId, body, logId }: LoggedRequest, { refused, firstOrderId }: LogRow): string | null {
    if ((body.kind !== "new" && body.kind !== "replace") || body.clientOrderId === null) return null;
    const key = `${accountId} ${body.clientOrderId}`;
    const first = this.#taken.get(key);
    const isDuplicate = refused === "duplicate_client_order_id";
    if (first === undefined) {
      this.#taken.set(key, body.kind === "new" ? logId : body.orderId);
      return isDuplicate ? `${body.clientOrderId} is refused as a duplicate and is the first` : null;
    }
    if (!isDuplicate) return `${body.clientOrderId} was used by order ${first} before, and is not refused`;
    return firstOrderId === first ? null : `${body.clientOrderId} was used by order ${first}, not by ${firstOrderId}`;
  }
}

/** What of the request its row must repeat. */
function rowOf({ logId, accountId, receivedAtUs, body }: LoggedRequest): object {
  return { logId, accountId, receivedAtUs, ...fieldsOf(body) };
}

function fieldsOf(body: RequestBody): object {
  switch (body.kind) {
    case "new": {
      const { feeRates: _, ...asked } = body;
      return asked;
    }
    case "replace": {
      const { cover: _, ...asked } = body;
      return asked;
    }
    case "cancel": {
      // A client order id is looked up; the order that it led to stands beside it.
      const { orderId, ...asked } = body;
      return orderId === null ? asked : body;
    }
    case "cancel_all":
      return body;
  }
}
