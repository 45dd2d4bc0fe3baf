import { expect } from "chai";
import { traceText } from "../../../src/operator/trace.js";
import type { OrderReadings } from "../../../src/operator/trace-readings.js";
import { accountId, type EpochUs, epochUs, orderId, streamSequence } from "../../../src/shared/domain/units.js";

const START_US = Date.UTC(2026, 0, 2, 3, 4, 5) * 1_000;
const at = (us: number): EpochUs => epochUs(START_US + us);
const message = (sequence: number, us: number) => ({ streamSequence: streamSequence(sequence), storedAtUs: at(us) });

const WHOLE = {
  asset: "BTC-USD",
  orderId: orderId(771),
  request: { message: message(3, 700) } as unknown as NonNullable<OrderReadings["request"]>,
  logged: {
    commandSequence: 9,
    kind: "new",
    accountId: accountId(1),
    account: "ann",
    clientOrderId: "c-1\n",
    receivedAtUs: at(7),
    sequencedAtUs: at(1_500),
    committedAtUs: at(3_000),
  },
  command: message(8, 3_400),
  execution: message(7, 4_000),
  reports: [
    { event: "accepted", eventSequence: 12, accountSequence: 5, tradeId: null, committedAtUs: at(9_000) },
    { event: "trade", eventSequence: 14, accountSequence: 6, tradeId: 2, committedAtUs: at(2_009_000) },
  ],
  notification: message(6, 9_400),
} as const satisfies OrderReadings;

describe("the text of an order's way", () => {
  it("is a line for each step, with its time, the time since the one before, and where it is from", () => {
    expect(traceText(WHOLE).split("\n").slice(0, 12)).to.deep.equal([
      "order 771 of BTC-USD, by ann (c-1\\u{a})",
      "",
      "step         at                                 + ms  in",
      "received     2026-01-02T03:04:05.000007Z              order_log, command 9",
      "on disk      2026-01-02T03:04:05.000700Z       0.693  ORDERS, message 3",
      "decided      2026-01-02T03:04:05.001500Z       0.800  order_log, command 9",
      "logged       2026-01-02T03:04:05.003000Z       1.500  order_log, command 9",
      "handed over  2026-01-02T03:04:05.003400Z       0.400  COMMANDS, message 8",
      "matched      2026-01-02T03:04:05.004000Z       0.600  EXECUTIONS, message 7",
      "settled      2026-01-02T03:04:05.009000Z       5.000  execution_reports 5: accepted, event 12",
      "published    2026-01-02T03:04:05.009400Z       0.400  NOTIFICATIONS, message 6",
      "trade        2026-01-02T03:04:07.009000Z    2000.000  execution_reports 6: trade, event 14, trade 2",
    ]);
  });

  it("says where nobody knows a time, and counts on from the last one that is known", () => {
    const logged = { ...WHOLE.logged, committedAtUs: null };
    const lines = traceText({ ...WHOLE, logged, command: null, request: null }).split("\n");
    expect(lines[4]).to.match(/^on disk +ORDERS, not there any more$/);
    expect(lines[6]).to.match(/^logged +order_log, command 9: Postgres did not note when \(track_commit_timestamp\)$/);
    expect(lines[7]).to.match(/^handed over +COMMANDS, not there any more$/);
    expect(lines[8]).to.match(/ 2\.500 {2}EXECUTIONS, message 7$/);
  });
});
