import { expect } from "chai";
import fc from "fast-check";
import { rowOf } from "../../../src/order-processing/command-rows.js";
import { Funding } from "../../../src/order-processing/funding.js";
import { ClientOrderIdUses, Sequencing } from "../../../src/order-processing/sequencing.js";
import { commandOf } from "../../../src/shared/database/stored-commands.js";
import type { Command, LoggedRequest, NewOrder } from "../../../src/shared/domain/messages.js";
import { commandSequence, currencyUnits, epochUs, logId, priceTicks } from "../../../src/shared/domain/units.js";
import { encodeCommandBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { orderRequests } from "../../support/arbitraries.js";
import { limitOrder, marketOrder } from "../../support/order-terms.js";
import { TEST_ASSET, TEST_REGISTRY } from "../../support/test-asset.js";

/** Everybody has `available`, and every order that is replaced is theirs. */
function sequence(requests: readonly LoggedRequest[], available: number, lastPrice: number | null = 100) {
  const { feeRates } = TEST_ASSET;
  const order = { side: "buy", quantityLots: 10, priceTicks: 100, filledLots: 0, feeRates } as const;
  const funding = new Funding(TEST_REGISTRY, {
    balance: () => ({ availableUnits: BigInt(available), openOrders: 0 }),
    order: () => ({ ...order, accountId: requests[0]?.accountId as never }),
    lastPrice: () => (lastPrice === null ? null : priceTicks(lastPrice)),
  });
  const sequencing = new Sequencing(new ClientOrderIdUses(), funding, () => false);
  const { commands, holds } = sequencing.sequence(TEST_ASSET, requests, commandSequence(10), epochUs(99));
  const rows = commands.map((command) => {
    const hold = holds.find((each) => each.commandSequence === command.commandSequence);
    return rowOf("BTC-USD", command, hold ?? null, null);
  });
  return { commands, rows };
}

function logged(body: NewOrder): LoggedRequest {
  return { logId: logId(256), accountId: 1 as never, receivedAtUs: epochUs(1), body };
}

describe("the rows of stored commands", () => {
  it("give the same command back, byte for byte, funded or refused", () => {
    fc.assert(
      fc.property(
        fc.array(orderRequests, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(0, 5_000, Number.MAX_SAFE_INTEGER),
        fc.constantFrom(null, 100),
        (requests, available, lastPrice) => {
          const inLog = requests.map((request, index) => ({ ...request, logId: logId(256 + index) }));
          const { commands, rows } = sequence(inLog, available, lastPrice);
          const again: Command[] = rows.map(commandOf);
          expect(encodeCommandBatch(again)).to.deep.equal(encodeCommandBatch(commands));
        },
      ),
    );
  });

  it("keep what the client asked for beside what was decided", () => {
    const market = sequence([logged(marketOrder("buy", 7))], Number.MAX_SAFE_INTEGER).rows[0];
    expect(market).to.include({ price_ticks: null, protection_price_ticks: 200, held_units: 14_000 });
    const asked = marketOrder("buy", null, { quoteBudgetUnits: currencyUnits(1_000) });
    const budget = sequence([logged(asked)], 1_000).rows[0];
    expect(budget).to.include({ quote_budget_units: 1_000, spendable_units: 1_000, held_units: 1_000 });
  });

  it("say what a refused order needed and what there was", () => {
    const [row] = sequence([logged(limitOrder("buy", 7, 100))], 12).rows;
    expect(row).to.include({ refused: "insufficient_funds", needed_units: 7_000, available_units: 12 });
    expect(row).to.include({ maker_fee_bps: null, held_units: null });
  });
});
