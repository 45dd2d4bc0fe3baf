import { expect } from "chai";
import fc from "fast-check";
import { firstMessageFrom } from "../../../src/operator/message-search.js";
import type { InputMessage } from "../../../src/shared/bus/reader.js";
import { epochUs, type StreamSequence, streamSequence } from "../../../src/shared/domain/units.js";

/** A stream by its sequences: the measure of the asset's message there, null for a message of another asset. */
function busWith(measures: readonly (number | null)[], first: number) {
  const data = new Uint8Array(0);
  const messages = measures.flatMap((measure, index): InputMessage[] => {
    if (measure === null) return [];
    return [{ subject: "", streamSequence: streamSequence(first + index), storedAtUs: epochUs(measure), data }];
  });
  return {
    messages,
    asked: 0,
    lastMessage: async () => messages.at(-1) ?? null,
    async nextMessage(_stream: string, _subject: string, after: StreamSequence) {
      this.asked++;
      return messages.find((message) => message.streamSequence > after) ?? null;
    },
  };
}
const measureOf = (message: InputMessage) => message.storedAtUs;

describe("the search for a message", () => {
  it("finds the first one that is far enough, wherever the stream begins", async () => {
    const growing = fc.array(fc.option(fc.nat(3)), { maxLength: 40 }).map((steps) => {
      let sum = 0;
      return steps.map((step) => {
        sum += step ?? 0;
        return step === null ? null : sum;
      });
    });
    await fc.assert(
      fc.asyncProperty(growing, fc.integer({ min: 1, max: 1_000 }), fc.nat(70), async (measures, first, target) => {
        const bus = busWith(measures, first);
        const expected = bus.messages.find((message) => message.storedAtUs >= target) ?? null;
        expect(await firstMessageFrom(bus, ["COMMANDS", "A"], measureOf, target)).to.equal(expected);
        expect(bus.asked).to.be.at.most(11);
      }),
    );
  });

  it("ends where the subject is emptied meanwhile", async () => {
    const bus = { ...busWith([1, 2, 3], 1), nextMessage: async () => null };
    expect(await firstMessageFrom(bus, ["COMMANDS", "A"], measureOf, 2)).to.equal(null);
  });
});
