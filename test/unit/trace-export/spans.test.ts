import { expect } from "chai";
import { accountId, accountSequence, epochUs, eventSequence, orderId } from "../../../src/shared/domain/units.js";
import type { OrderWay } from "../../../src/shared/order-way/order-way.js";
import { spansOf } from "../../../src/trace-export/spans.js";

const RECEIVED_AT_US = 1_700_000_000_999_990;

function way(timesUs: Readonly<Record<string, number>>): OrderWay {
  const times = Object.entries(timesUs).map(([step, afterUs]) => [step, epochUs(RECEIVED_AT_US + afterUs)]);
  return {
    order: {
      asset: "BTC-USD",
      orderId: orderId(300),
      commandSequence: 4,
      accountId: accountId(1),
      receivedAtUs: epochUs(RECEIVED_AT_US),
      decidedAtUs: epochUs(RECEIVED_AT_US + 20),
      loggedAtUs: null,
      settledAtUs: null,
      event: "accepted",
      eventSequence: eventSequence(9),
      accountSequence: accountSequence(2),
      matchedAtUs: epochUs(RECEIVED_AT_US + 20),
    },
    timesUs: Object.fromEntries(times),
  };
}

/** Name, service, start and end after the receipt in microseconds. */
const shape = (timesUs: Readonly<Record<string, number>>) =>
  spansOf(way(timesUs)).map(({ name, resource, startTime, endTime }) => {
    const afterUs = ([seconds, nanoseconds]: [number, number]) =>
      seconds * 1_000_000 + nanoseconds / 1_000 - RECEIVED_AT_US;
    return [name, resource.attributes["service.name"], afterUs(startTime), afterUs(endTime)];
  });

describe("the spans of an order's way", () => {
  it("are one for the order and in it one for each hop, each by the service that does it", () => {
    const all = { "on disk": 10, decided: 20, logged: 35, "handed over": 40, matched: 50, settled: 70, published: 75 };
    expect(shape(all)).to.deep.equal([
      ["order BTC-USD", "bourse", 0, 75],
      ["on disk", "order-handler", 0, 10],
      ["decided", "order-processing", 10, 20],
      ["logged", "order-processing", 20, 35],
      ["handed over", "order-processing", 35, 40],
      ["matched", "matching-engine", 40, 50],
      ["settled", "trade-processing", 50, 70],
      ["published", "trade-processing", 70, 75],
    ]);
  });

  it("belong to one trace, the hops under the order", () => {
    const [order, hop] = spansOf(way({ "on disk": 10 }));
    expect(hop?.spanContext().traceId).to.equal(order?.spanContext().traceId);
    expect(hop?.parentSpanContext).to.deep.equal(order?.spanContext());
    expect(order).to.not.have.property("parentSpanContext");
    expect(order?.attributes).to.deep.equal({
      "bourse.asset": "BTC-USD",
      "bourse.order_id": 300,
      "bourse.command_sequence": 4,
      "bourse.outcome": "accepted",
    });
  });

  it("leave out a hop whose end is not known, and never end before they begin", () => {
    expect(shape({ "on disk": 30, decided: 20, matched: 50 })).to.deep.equal([
      ["order BTC-USD", "bourse", 0, 50],
      ["on disk", "order-handler", 0, 30],
      ["decided", "order-processing", 30, 30],
      ["matched", "matching-engine", 30, 50],
    ]);
  });
});
