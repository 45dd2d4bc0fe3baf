import { createApiKey } from "../../src/launcher/demo-accounts.js";
import { type Bus, connectBus } from "../../src/shared/bus/bus.js";
import { subjectOf } from "../../src/shared/bus/subjects.js";
import { connectDatabase, type Database } from "../../src/shared/database/database.js";
import type { NotificationBatch, PublicTrade, SequencedReport } from "../../src/shared/domain/reports.js";
import {
  type AccountId,
  accountId,
  accountSequence,
  logId,
  lots,
  orderId,
  priceTicks,
  tradeId,
} from "../../src/shared/domain/units.js";
import { nowUs } from "../../src/shared/process/clock.js";
import { createLogger } from "../../src/shared/process/log.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { encodeNotificationBatch } from "../../src/shared/wire/pipeline-codec.js";

export interface Flow {
  readonly assets: readonly string[];
  /** Trades of each asset. */
  readonly perSecond: number;
  /** How often they are told; those of an interval are one message. */
  readonly everyMs: number;
}

const PUBLISH_TIMEOUT_MS = 10_000;
const NOTHING: NotificationBatch = { trades: [], reports: [], status: null, resync: false, throughLogId: logId(0) };

/** What trade-processing is for the notifier: rows of accounts and trades, and notifications. */
export class Settlement {
  readonly database: Database;
  readonly #bus: Bus;
  readonly #lastTradeIds = new Map<string, number>();
  readonly #lastReports = new Map<AccountId, number>();

  private constructor(database: Database, bus: Bus) {
    this.database = database;
    this.#bus = bus;
  }

  static async start(servers: { natsUrl: string; databaseUrl: string }): Promise<Settlement> {
    const log = createLogger("bench", "warn");
    const database = await connectDatabase(servers.databaseUrl, { applicationName: "bench", log, poolMax: 2 });
    const bus = await connectBus(servers.natsUrl, { name: "bench", log });
    await bus.ensureStreams(1);
    return new Settlement(database, bus);
  }

  async stop(): Promise<void> {
    await this.#bus.close();
    await this.database.close();
  }

  /** Stores what a notifier that starts now must go on from. */
  async commit(): Promise<void> {
    for (const [asset, id] of this.#lastTradeIds)
      await this.database.query(
        `insert into trades (asset, trade_id, event_sequence, maker_order_id, taker_order_id, maker_account_id,
           taker_account_id, price_ticks, quantity_lots, taker_side, executed_at_us)
         values ($1, $2, $2, 1, 2, 1, 2, 6400000, 1, 'buy', $3) on conflict do nothing`,
        [asset, id, nowUs()],
      );
    for (const [account, sequence] of this.#lastReports)
      await this.database.query("update account_sequences set last_sequence = $2 where account_id = $1", [
        account,
        sequence,
      ]);
  }

  /** Publishes that many trades of an asset as one message. */
  async trade(asset: string, count = 1): Promise<void> {
    const first = (this.#lastTradeIds.get(asset) ?? 0) + 1;
    this.#lastTradeIds.set(asset, first + count - 1);
    await this.#publish(asset, { ...NOTHING, trades: Array.from({ length: count }, (_, at) => trade(first + at)) });
  }

  async report(account: AccountId): Promise<void> {
    const sequence = (this.#lastReports.get(account) ?? 0) + 1;
    this.#lastReports.set(account, sequence);
    await this.#publish("BTC-USD", { ...NOTHING, reports: [report(account, sequence)] });
  }

  /** Publishes trades on a schedule until it is told to stop, and resolves when the last one is stored. */
  async flow({ assets, perSecond, everyMs }: Flow, stopping: AbortSignal): Promise<void> {
    const startedMs = performance.now();
    const stored: Promise<void>[] = [];
    for (let told = 0; !stopping.aborted; await pausedFor(everyMs, stopping)) {
      const due = Math.floor(((performance.now() - startedMs) / 1_000) * perSecond);
      if (due > told) for (const asset of assets) stored.push(this.trade(asset, due - told));
      told = due;
    }
    await Promise.all(stored);
  }

  /** Accounts with a key each (id and secret are the name), and that many reports of each. */
  async createAccounts(prefix: string, count: number, reports: number): Promise<AccountId[]> {
    for (let at = 0; at < count; at++)
      await createApiKey(this.database, `${prefix}${at}`, `${prefix}${at}`, `${prefix}${at}`);
    await this.database.query(
      `insert into execution_reports (asset, event_sequence, account_id, account_sequence, event, status, order_id,
         filled_lots, received_at_us, matched_at_us, reason)
       select 'BTC-USD', n, a.account_id, n, 'cancel_rejected', 'rejected', null, 0, $3, $3, 'unknown_order'
       from accounts a cross join generate_series(1, $2) n where a.name like $1`,
      [`${prefix}%`, reports, nowUs()],
    );
    const rows = await this.database.query<{ account_id: AccountId }>(
      `update account_sequences s set last_sequence = $2 from accounts a
       where a.account_id = s.account_id and a.name like $1 returning a.account_id`,
      [`${prefix}%`, reports],
    );
    for (const { account_id: account } of rows) this.#lastReports.set(account, reports);
    return rows.map((row) => accountId(row.account_id));
  }

  async #publish(asset: string, batch: NotificationBatch): Promise<void> {
    const payload = encodeNotificationBatch(batch);
    const outcome = await this.#bus.publish(subjectOf("NOTIFICATIONS", asset), payload, {
      deadlineMs: PUBLISH_TIMEOUT_MS,
    });
    if (outcome.kind !== "stored") throw new Error(`a notification was not stored: ${outcome.kind}`);
  }
}

function trade(id: number): PublicTrade {
  const [price, quantity] = [priceTicks(6_400_000 + (id % 1_000)), lots(1 + (id % 5_000))];
  return {
    tradeId: tradeId(id),
    priceTicks: price,
    quantityLots: quantity,
    takerSide: id % 2 === 0 ? "buy" : "sell",
    executedAtUs: nowUs(),
  };
}

/** A cancel of an order that is filled: a report with an end of its own. */
function report(account: AccountId, sequence: number): SequencedReport {
  const ofTrade = { tradeId: null, lastPriceTicks: null, lastQuantityLots: null, liquidity: null, feeUnits: null };
  const ofOrder = { side: null, type: null, timeInForce: null, quantityLots: null, priceTicks: null, leavesLots: null };
  const atUs = nowUs();
  return {
    ...ofTrade,
    ...ofOrder,
    accountId: account,
    accountSequence: accountSequence(sequence),
    event: "cancel_rejected",
    status: "filled",
    orderId: orderId(sequence),
    clientOrderId: null,
    terms: null,
    filledLots: lots(0),
    reason: "unknown_order",
    receivedAtUs: atUs,
    matchedAtUs: atUs,
  };
}
