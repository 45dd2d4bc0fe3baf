import { expect } from "chai";
import fc from "fast-check";
import { CodecError } from "../../../../src/shared/domain/errors.js";
import type { PublicTrade } from "../../../../src/shared/domain/reports.js";
import {
  commandSequence,
  epochUs,
  eventSequence,
  logId,
  lots,
  priceTicks,
  tradeId,
} from "../../../../src/shared/domain/units.js";
import { rowsOf } from "../../../../src/shared/wire/event-rows.js";
import {
  decodeCommandBatch,
  decodeExecutionBatch,
  decodeNotificationBatch,
  decodeOrderBatch,
  encodeCommandBatch,
  encodeExecutionBatch,
  encodeNotificationBatch,
  encodeOrderBatch,
} from "../../../../src/shared/wire/pipeline-codec.js";
import { encodeMessage } from "../../../../src/shared/wire/protobuf.js";
import {
  assetStatuses,
  commands,
  eventBatches,
  orderRequests,
  sequencedReports,
} from "../../../support/arbitraries.js";

const batch = <T>(items: fc.Arbitrary<T>) => fc.array(items, { maxLength: 5 });
const trade: PublicTrade = {
  tradeId: tradeId(1),
  priceTicks: priceTicks(2),
  quantityLots: lots(3),
  takerSide: "sell",
  executedAtUs: epochUs(4),
};

describe("the pipeline codec", () => {
  it("brings every batch of requests over the wire as it was", () => {
    fc.assert(
      fc.property(batch(orderRequests), (items) => {
        expect(decodeOrderBatch(encodeOrderBatch(items))).to.deep.equal(items);
      }),
    );
  });

  it("brings every batch of commands over the wire as it was", () => {
    fc.assert(
      fc.property(batch(commands), (items) => {
        expect(decodeCommandBatch(encodeCommandBatch(items))).to.deep.equal(items);
      }),
    );
  });

  it("brings every batch of events over the wire as it was", () => {
    fc.assert(
      fc.property(eventBatches, (events) => {
        const through = { throughEvent: eventSequence(7), throughCommand: commandSequence(5) };
        const bytes = encodeExecutionBatch({ ...rowsOf(events), ...through });
        expect(decodeExecutionBatch(bytes)).to.deep.equal({ events, ...through });
      }),
    );
  });

  it("brings every notification over the wire as it was", () => {
    fc.assert(
      fc.property(batch(sequencedReports), fc.option(assetStatuses), fc.boolean(), (reports, status, resync) => {
        const notification = { trades: [trade], reports, status, resync, throughLogId: logId(256) };
        expect(decodeNotificationBatch(encodeNotificationBatch(notification))).to.deep.equal(notification);
      }),
    );
  });

  it("refuses an enumeration value that it does not know", () => {
    const order = { side: 3, type: 1, timeInForce: 1, selfTradePrevention: 1 };
    const bytes = encodeMessage("bourse.pipeline.v1.OrderBatch", { requests: [{ accountId: 1, new: order }] });
    expect(() => decodeOrderBatch(bytes)).to.throw(CodecError, "side 3 is not known");
  });

  it("refuses an enumeration value that is absent", () => {
    const bytes = encodeMessage("bourse.pipeline.v1.OrderBatch", { requests: [{ accountId: 1, new: {} }] });
    expect(() => decodeOrderBatch(bytes)).to.throw(CodecError, "side 0 is not known");
  });

  it("refuses a request without a body", () => {
    const bytes = encodeMessage("bourse.pipeline.v1.OrderBatch", { requests: [{ accountId: 1 }] });
    expect(() => decodeOrderBatch(bytes)).to.throw(CodecError, "no body");
  });
});
