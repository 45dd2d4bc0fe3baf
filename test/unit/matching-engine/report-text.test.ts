import { createEngine } from "@bourse/matching-core";
import { expect } from "chai";
import fc from "fast-check";
import { SCRIPT_OPTIONS } from "../../../packages/matching-core/test/support/market-script.js";
import { commands } from "../../../packages/matching-core/test/support/random-commands.js";
import { reportOpening, reportText } from "../../../src/matching-engine/report-text.js";
import { parseAssets } from "../../../src/shared/domain/assets.js";
import { reportsOf } from "../../../src/shared/domain/execution-report.js";
import type { OrderRecord } from "../../../src/shared/domain/order-record.js";
import { reportFields } from "../../../src/shared/domain/report-json.js";
import type { OrderId } from "../../../src/shared/domain/units.js";

const { assets } = parseAssets({
  currencies: { BTC: { decimals: 8, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
  assets: [{ asset: "BTC-USD", tickSize: "0.05", lotSize: "0.001" }],
});
const asset = assets.get("BTC-USD")!;

describe("The text of a report", () => {
  it("says the same as its fields, whatever the report", () => {
    fc.assert(
      fc.property(commands, (list) => {
        const engine = createEngine(SCRIPT_OPTIONS);
        const orders = new Map<OrderId, OrderRecord>();
        for (const command of list)
          for (const event of engine.apply(command))
            for (const report of reportsOf(event, orders, asset)) {
              const text = reportText(report, asset, reportOpening('a "quoted" name', asset));
              expect(JSON.parse(text)).to.deep.equal({ account: 'a "quoted" name', ...reportFields(report, asset) });
            }
      }),
      { numRuns: 50 },
    );
  });
});
