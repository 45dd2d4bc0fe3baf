import { expect } from "chai";
import fc from "fast-check";
import { SequenceGate } from "../../../../src/shared/market-data/sequence-gate.js";

const ALL = 1_000_000;

function gateAt(position: number, heldMax = 100): SequenceGate<number> {
  const gate = new SequenceGate<number>(heldMax);
  gate.start(position);
  return gate;
}

function offerAll(gate: SequenceGate<number>, ...sequences: number[]): void {
  for (const sequence of sequences) gate.offer(sequence, sequence);
}

describe("a sequence gate", () => {
  it("hands out items in sequence, however they come", () => {
    const gate = gateAt(4);
    offerAll(gate, 7, 5, 6);
    expect(gate.take(ALL)).to.deep.equal([5, 6, 7]);
  });

  it("hands out nothing twice", () => {
    const gate = gateAt(0);
    offerAll(gate, 1, 1, 2);
    gate.take(ALL);
    offerAll(gate, 1, 2, 3);
    expect(gate.take(ALL)).to.deep.equal([3]);
  });

  it("hands out at most what is asked for, and the rest later", () => {
    const gate = gateAt(0);
    offerAll(gate, 1, 2, 3);
    expect([gate.take(2), gate.take(2)]).to.deep.equal([[1, 2], [3]]);
  });

  it("holds everything until it knows where to start, and forgets what is before", () => {
    const gate = new SequenceGate<number>(10);
    offerAll(gate, 3, 4, 5);
    expect(gate.take(ALL)).to.deep.equal([]);
    gate.start(4);
    expect(gate.take(ALL)).to.deep.equal([5]);
  });

  it("holds items back behind a hole, and says where the hole is", () => {
    const gate = gateAt(10);
    offerAll(gate, 14, 15);
    expect(gate.take(ALL)).to.deep.equal([]);
    expect(gate.hole(ALL)).to.deep.equal({ after: 10, upTo: 13 });
  });

  it("has no hole when nothing is missing", () => {
    const gate = gateAt(10);
    expect(gate.hole(ALL)).to.equal(null);
    offerAll(gate, 11);
    expect(gate.hole(ALL)).to.equal(null);
  });

  it("has a hole up to what it is told to exist, though nothing came", () => {
    const gate = gateAt(10);
    gate.knowUpTo(12);
    expect(gate.hole(ALL)).to.deep.equal({ after: 10, upTo: 12 });
  });

  it("full behind a hole keeps the lowest, lets the highest go, and reports those as a hole", () => {
    const gate = gateAt(0, 4);
    offerAll(gate, 6, 5, 4, 3);
    expect(gate.heldCount).to.equal(2);
    offerAll(gate, 1, 2);
    expect(gate.take(ALL)).to.deep.equal([1, 2, 3, 4]);
    expect(gate.hole(ALL)).to.deep.equal({ after: 4, upTo: 6 });
  });

  it("is whole after one fill, however much is behind the hole", () => {
    const gate = gateAt(0, 5);
    offerAll(gate, 4, 5, 6, 7, 8, 9);
    offerAll(gate, 1, 2, 3);
    expect(gate.take(ALL)).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it("says no more of a hole than is asked for", () => {
    const gate = gateAt(0, 3);
    gate.knowUpTo(1_000_000);
    expect(gate.hole(500)).to.deep.equal({ after: 0, upTo: 500 });
  });

  it("lets go of what is far ahead when it is told to, and knows that it is missing", () => {
    const gate = gateAt(0);
    offerAll(gate, 2, 3, 4, 5);
    gate.keepNext(3);
    expect(gate.heldCount).to.equal(2);
    offerAll(gate, 1);
    expect(gate.take(ALL)).to.deep.equal([1, 2, 3]);
    expect(gate.hole(ALL)).to.deep.equal({ after: 3, upTo: 5 });
  });

  it("tells how many items it holds, whatever becomes of them", () => {
    let held = 0;
    const gate = new SequenceGate<number>(4, (items) => {
      held += items;
    });
    offerAll(gate, 1, 2, 2, 9);
    gate.start(1);
    expect(held).to.equal(gate.heldCount);
    offerAll(gate, 4, 5, 9);
    gate.take(ALL);
    expect(held).to.equal(2);
    gate.keepNext(2);
    expect(held).to.equal(1);
    gate.clear();
    expect(held).to.equal(0);
  });

  it("hands out every item once and in order, whatever is lost, late or repeated, when holes are filled", () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 120 });
    fc.assert(
      fc.property(
        arrivals,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 20 }),
        (offers, heldMax, start) => {
          const gate = new SequenceGate<number>(heldMax);
          const out: number[] = [];
          for (const [i, sequence] of offers.entries()) {
            if (i === 3 || (offers.length <= 3 && i === 0)) gate.start(start);
            gate.offer(sequence, sequence);
            out.push(...gate.take(3));
            expect(gate.heldCount).to.be.at.most(heldMax);
          }
          if (!gate.isStarted) gate.start(start);
          gate.knowUpTo(40);
          for (let hole = gate.hole(ALL); gate.position < 40; hole = gate.hole(ALL)) {
            if (hole !== null) offerAll(gate, hole.after + 1);
            out.push(...gate.take(ALL));
          }
          const expected = Array.from({ length: 40 - start }, (_, i) => start + 1 + i);
          expect(out).to.deep.equal(expected);
        },
      ),
    );
  });
});
