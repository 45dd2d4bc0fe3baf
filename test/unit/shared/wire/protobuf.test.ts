import { expect } from "chai";
import fc from "fast-check";
import { CodecError } from "../../../../src/shared/domain/errors.js";
import { decodeMessage, encodeMessage } from "../../../../src/shared/wire/protobuf.js";

const TYPE = "bourse.v1.ClientMessage";
const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("the guard around protobuf", () => {
  for (const [what, message] of [
    ["a bigint", { requestId: 1n }],
    ["a fraction", { requestId: 1.5 }],
    ["a negative number", { requestId: -1 }],
    ["NaN", { requestId: Number.NaN }],
    ["a uint32 above its range", { requestId: 2 ** 32 }],
    ["an integer that is not safe", { newOrder: { quantityLots: 2 ** 53 } }],
    ["a number for a string", { newOrder: { asset: 1 } }],
    ["a field that does not exist", { newOrder: { quantity: 1 } }],
    ["two members of a oneof", { heartbeat: {}, login: {} }],
    ["a scalar for a message", { login: 1 }],
  ] as const)
    it(`refuses to write ${what}`, () => {
      expect(() => encodeMessage(TYPE, message)).to.throw(CodecError);
    });

  for (const [what, hex] of [
    ["a known field with another wire type", "0a 00"],
    ["a field given twice", "08 01 08 02"],
    ["a message given twice", "3a 00 3a 00"],
    ["two members of a oneof", "3a 00 12 00"],
    ["2^64-1 in a uint64", "1a 0b 28 ff ff ff ff ff ff ff ff ff 01"],
    ["2^63 in a uint64", "1a 0b 28 80 80 80 80 80 80 80 80 80 01"],
    ["2^53 in a uint64", "1a 09 28 80 80 80 80 80 80 80 10"],
    ["2^32 in a uint32", "08 80 80 80 80 10"],
    ["a bool of 2", "12 02 18 02"],
    ["a length beyond the end", "1a 7f 00"],
    ["a varint that is cut off", "08 80"],
    ["a varint of eleven bytes", "08 80 80 80 80 80 80 80 80 80 80 01"],
    ["a group", "0b"],
    ["field number zero", "00 00"],
  ] as const)
    it(`refuses to read ${what}`, () => {
      expect(() => decodeMessage(TYPE, bytes(hex))).to.throw(CodecError);
    });

  it("skips fields that a newer client may know", () => {
    expect(decodeMessage(TYPE, bytes("08 05 78 01 7a 01 41"))).to.deep.include({ requestId: 5 });
  });

  it("reads an absent 64-bit field as the number 0", () => {
    const { newOrder } = decodeMessage<{ newOrder: object }>(TYPE, bytes("1a 00"));
    expect(newOrder).to.have.property("quantityLots", 0);
  });

  it("reads integers of every length exactly, up to 2^53-1", () => {
    for (let bits = 1; bits <= 53; bits++)
      for (const quantityLots of [2 ** bits - 1, 2 ** (bits - 1)]) {
        const read = decodeMessage(TYPE, encodeMessage(TYPE, { newOrder: { quantityLots } }));
        expect(read).to.have.deep.nested.property("newOrder.quantityLots", quantityLots);
      }
  });

  it("never throws anything but a CodecError, whatever it reads", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (input) => {
        try {
          decodeMessage(TYPE, input);
        } catch (error) {
          expect(error).to.be.instanceOf(CodecError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
