import { expect } from "chai";
import fc from "fast-check";
import { type Framed, Framer } from "../../../src/order-handler/framing.js";

function takeAll(framer: Framer): string[] {
  const taken: string[] = [];
  for (let framed = framer.take(); framed !== null; framed = framer.take()) {
    taken.push(show(framed));
    if (framed.kind === "broken") break;
  }
  return taken;
}

function show(framed: Framed): string {
  return framed.kind === "frame" ? framed.body.toString("hex") : `${framed.kind} ${framed.text}`;
}

/** What comes out of the bytes, pushed in the chunks that the cuts make. Taking stops at the first error. */
function framesOf(bytes: Buffer, cuts: readonly number[]): string[] {
  const framer = new Framer();
  const taken: string[] = [];
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    framer.push(bytes.subarray(start, end));
    start = end;
    taken.push(...takeAll(framer));
    if (taken.at(-1)?.startsWith("broken")) return taken;
  }
  return taken;
}

const frame = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((body) => {
  return Buffer.concat([Buffer.from([0, 0, 0, body.length]), body]);
});
const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)) });
const line = fc.tuple(printable, fc.constantFrom("\n", "\r\n")).map(([text, end]) => Buffer.from(text + end));
const garbage = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
const stream = fc
  .tuple(fc.oneof(fc.array(frame), fc.array(line)), garbage)
  .map(([parts, end]) => Buffer.concat([...parts, end]));

describe("framing of any bytes", () => {
  it("does not depend on how they are cut into chunks", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(2000), { maxLength: 20 }), (bytes, cuts) => {
        const everyByte = Array.from(bytes.keys());
        const whole = framesOf(bytes, []);
        expect(framesOf(bytes, cuts)).to.deep.equal(whole);
        expect(framesOf(bytes, everyByte)).to.deep.equal(whole);
      }),
      { numRuns: 500 },
    );
  });

  it("gives back the frames that were sent", () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1 }), (frames) => {
        const bodies = frames.map((bytes) => bytes.subarray(4).toString("hex"));
        expect(framesOf(Buffer.concat(frames), [])).to.deep.equal(bodies);
      }),
    );
  });
});
