import { expect } from "chai";
import fc from "fast-check";
import { CodecError } from "../../../../src/shared/domain/errors.js";
import { cutRows, readRows, rowsOf } from "../../../../src/shared/wire/event-rows.js";
import { eventBatches } from "../../../support/arbitraries.js";

describe("Rows of events", () => {
  it("give back every event as it was", () => {
    fc.assert(
      fc.property(eventBatches, (events) => {
        expect(readRows(rowsOf(events))).to.deep.equal(events);
      }),
    );
  });

  it("give back the same when they are cut, and no piece is longer than asked for", () => {
    fc.assert(
      fc.property(eventBatches, fc.integer({ min: 560, max: 1_000 }), (events, bytesMax) => {
        const pieces = cutRows(rowsOf(events), bytesMax);
        expect(pieces.flatMap(readRows)).to.deep.equal(events);
        for (const { rows } of pieces) expect(rows.length).to.be.within(1, bytesMax);
      }),
    );
  });

  it("never throw anything but a CodecError, whatever the bytes are", () => {
    fc.assert(
      fc.property(eventBatches, fc.nat(), fc.nat(255), (events, place, byte) => {
        const batch = rowsOf(events);
        const rows = batch.rows.slice();
        if (rows.length > 0) rows[place % rows.length] = byte;
        try {
          readRows({ ...batch, rows });
        } catch (error) {
          expect(error).to.be.instanceOf(CodecError);
        }
      }),
    );
  });

  it("are refused when they are cut off", () => {
    fc.assert(
      fc.property(
        eventBatches.filter((events) => events.length > 0),
        (events) => {
          const batch = rowsOf(events);
          expect(() => readRows({ ...batch, rows: batch.rows.subarray(0, -8) })).to.throw(CodecError);
        },
      ),
    );
  });
});
