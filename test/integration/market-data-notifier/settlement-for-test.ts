import pg from "pg";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { type Bus, connectBus } from "../../../src/shared/bus/bus.js";
import { subjectOf } from "../../../src/shared/bus/subjects.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import type { NotificationBatch, PublicTrade, SequencedReport } from "../../../src/shared/domain/reports.js";
import {
  type AccountId,
  accountId,
  accountSequence,
  epochUs,
  logId,
  lots,
  orderId,
  priceTicks,
  tradeId,
} from "../../../src/shared/domain/units.js";
import { nowUs } from "../../../src/shared/process/clock.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { encodeNotificationBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { addToCandles } from "../../../src/trade-processing/candle-statements.js";

export const trade = (id: number): PublicTrade => ({
  tradeId: tradeId(id),
  priceTicks: priceTicks(6_400_000 + id),
  quantityLots: lots(id),
  takerSide: id % 2 === 0 ? "buy" : "sell",
  executedAtUs: nowUs(),
});

/** An account's n-th report: an order accepted. */
export const report = (account: number, sequence: number): SequencedReport => ({
  accountId: accountId(account),
  accountSequence: accountSequence(sequence),
  event: "accepted",
  status: "open",
  orderId: orderId(account * 1_000_000 + sequence),
  clientOrderId: null,
  terms: {
    stopPriceTicks: null,
    displayLots: null,
    minimumLots: null,
    postOnly: false,
    expiresAtMs: null,
    quoteBudgetUnits: null,
    selfTradePrevention: "cancel_newest",
  },
  side: "buy",
  type: "limit",
  timeInForce: "GTC",
  quantityLots: lots(5_000),
  priceTicks: priceTicks(6_400_000),
  filledLots: lots(0),
  leavesLots: lots(5_000),
  tradeId: null,
  lastPriceTicks: null,
  lastQuantityLots: null,
  liquidity: null,
  feeUnits: null,
  reason: null,
  receivedAtUs: epochUs(1),
  matchedAtUs: nowUs(),
});

/** What trade-processing does as far as the notifier sees it: rows are committed, then notifications are published. */
export interface Settlement {
  readonly database: Database;
  readonly bus: Bus;
  createAccount(name: string): Promise<AccountId>;
  commit(asset: string, batch: Partial<NotificationBatch>): Promise<void>;
  publish(asset: string, batch: Partial<NotificationBatch>): Promise<void>;
  /** Commits, then publishes. */
  settle(asset: string, batch: Partial<NotificationBatch>): Promise<void>;
  stop(): Promise<void>;
}

const REPORT_COLUMNS = {
  account_id: "accountId",
  account_sequence: "accountSequence",
  event: "event",
  status: "status",
  order_id: "orderId",
  side: "side",
  type: "type",
  time_in_force: "timeInForce",
  price_ticks: "priceTicks",
  quantity_lots: "quantityLots",
  filled_lots: "filledLots",
  leaves_lots: "leavesLots",
  fee_units: "feeUnits",
  received_at_us: "receivedAtUs",
  matched_at_us: "matchedAtUs",
} as const;

export async function startSettlement(servers: { natsUrl: string; databaseUrl: string }): Promise<Settlement> {
  const log = createLogger("settlement-for-test", "silent");
  const database = await connectDatabase(servers.databaseUrl, { applicationName: "settlement-for-test", log });
  const bus = await connectBus(servers.natsUrl, { name: "settlement-for-test", log });
  await bus.ensureStreams(1);
  const settlement: Settlement = {
    database,
    bus,
    async createAccount(name) {
      await createApiKey(database, name, name, name);
      const [row] = await database.query<{ account_id: AccountId }>("select account_id from accounts where name = $1", [
        name,
      ]);
      return row!.account_id;
    },
    async commit(asset, { trades = [], reports = [] }) {
      const columns = Object.keys(REPORT_COLUMNS);
      const rows = reports.map((r) =>
        Object.values(REPORT_COLUMNS).map((field) => (r[field] === null ? "null" : pg.escapeLiteral(String(r[field])))),
      );
      const statements = [
        ...trades.map(
          (t) => `insert into trades values ('${asset}', ${t.tradeId}, ${t.tradeId}, 1, 2, 1, 2, ${t.priceTicks},
          ${t.quantityLots}, '${t.takerSide}', ${t.executedAtUs})`,
        ),
        ...(rows.length === 0
          ? []
          : [
              `insert into execution_reports (asset, event_sequence, ${columns})
          values ${rows.map((row) => `('${asset}', 1, ${row})`)}`,
            ]),
        ...reports.map(
          (r) => `update account_sequences set last_sequence = ${r.accountSequence} where account_id = ${r.accountId}`,
        ),
        ...reports.map(
          (
            r,
          ) => `insert into orders (asset, order_id, account_id, side, type, time_in_force, price_ticks, quantity_lots,
          filled_lots, leaves_lots, status, received_at_us, updated_at_us) values ('${asset}', ${r.orderId}, ${r.accountId}, '${r.side}',
          '${r.type}', '${r.timeInForce}', ${r.priceTicks}, ${r.quantityLots}, 0, ${r.leavesLots}, '${r.status}', 1, 1)`,
        ),
      ];
      const candles = trades.length > 0 ? [addToCandles([{ asset, trades }])] : [];
      await database.transaction([...statements.map((text) => ({ name: "", text })), ...candles]);
    },
    async publish(asset, { trades = [], reports = [], status = null, resync = false, throughLogId = logId(0) }) {
      const payload = encodeNotificationBatch({ trades, reports, status, resync, throughLogId });
      const outcome = await bus.publish(subjectOf("NOTIFICATIONS", asset), payload, { deadlineMs: 30_000 });
      if (outcome.kind !== "stored") throw new Error(`a notification was not stored: ${outcome.kind}`);
    },
    async settle(asset, batch) {
      await settlement.commit(asset, batch);
      await settlement.publish(asset, batch);
    },
    async stop() {
      await bus.close();
      await database.close();
    },
  };
  return settlement;
}
