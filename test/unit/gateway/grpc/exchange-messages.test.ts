import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { reportMessage } from "../../../../src/gateway/grpc/report-message.js";
import { reportJson } from "../../../../src/shared/domain/report-json.js";
import { ORDER_STATUSES, REPORT_EVENTS } from "../../../../src/shared/domain/reports.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";
import { WIRE_ASSET_STATES, WIRE_LIQUIDITIES } from "../../../../src/shared/wire/enumerations.js";
import { decodeMessage, encodeMessage, type Wire } from "../../../../src/shared/wire/protobuf.js";
import { sequencedReports } from "../../../support/arbitraries.js";
import { TEST_ASSET, TEST_REGISTRY } from "../../../support/test-asset.js";

const enumOf = (name: string): string[] => {
  const schema = JSON.parse(readFileSync(join(projectRoot, "protocol/generated/grpc.json"), "utf8"));
  return Object.keys(schema.nested.bourse.nested.v1.nested[name].values).slice(1);
};
const upper = (prefix: string, names: readonly (string | null)[]) =>
  names.filter((name) => name !== null).map((name) => prefix + name.toUpperCase());

describe("the messages of bourse.v1.Exchange", () => {
  it("have the enumerations of the domain, in its order", () => {
    expect(enumOf("ReportEvent")).to.deep.equal(upper("EVENT_", REPORT_EVENTS));
    expect(enumOf("OrderStatus")).to.deep.equal(upper("STATUS_", ORDER_STATUSES));
    expect(enumOf("AssetState")).to.deep.equal(upper("ASSET_", WIRE_ASSET_STATES));
    expect(enumOf("Liquidity")).to.deep.equal(upper("", WIRE_LIQUIDITIES));
  });

  it("carry every report whole", () => {
    fc.assert(
      fc.property(sequencedReports, (report) => {
        const bytes = encodeMessage(
          "bourse.v1.ExecutionReport",
          reportMessage(reportJson(report, TEST_ASSET), TEST_REGISTRY.assets),
        );
        const message = decodeMessage<Wire>("bourse.v1.ExecutionReport", bytes);
        const json = reportJson(report, TEST_ASSET);
        expect(REPORT_EVENTS[message.event - 1]).to.equal(report.event);
        expect(ORDER_STATUSES[message.status - 1]).to.equal(report.status);
        for (const name of ["accountSequence", "asset", "matchedAtUs", "receivedAtUs"])
          expect(message[name]).to.equal(json[name]);
        expect(message.tradeId || null).to.equal(report.tradeId);
        for (const name of ["orderId", "clientOrderId", "fee", "feeCurrency", "reason", "expiresAtMs"])
          expect(message[name] || undefined, name).to.equal(json[name] || undefined);
        for (const name of ["priceTicks", "quantityLots"] as const)
          expect(message[name] || null, name).to.equal(report[name]);
        for (const name of ["lastPriceTicks", "lastQuantityLots"] as const)
          expect(message[name] || null, name).to.equal(report[name]);
        expect([message.filledLots, message.leavesLots]).to.deep.equal([report.filledLots, report.leavesLots]);
        expect(message.postOnly).to.equal(report.terms?.postOnly ?? false);
        expect(message.displayQuantityLots || null).to.equal(report.terms?.displayLots ?? null);
      }),
    );
  });
});
