import { expect } from "chai";
import fc from "fast-check";
import { LineSplitter } from "../../../src/matching-engine/line-splitter.js";

function split(pieces: readonly string[], lengthMax = 10): string[] {
  const splitter = new LineSplitter(lengthMax);
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

describe("The line splitter", () => {
  it("takes LF, CRLF and a last line without an end", () => {
    expect(split(["a\nb\r\n\nc"])).to.deep.equal(["a", "b", "", "c"]);
  });

  it("gives the same lines however the text is cut", () => {
    const text = fc
      .array(fc.constantFrom("a", "bc", "\n", "\r\n", "\r"), { maxLength: 30 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.nat(30), fc.nat(30), (whole, first, second) => {
        const [from, to] = [Math.min(first, second), Math.max(first, second)];
        const pieces = [whole.slice(0, from), whole.slice(from, to), whole.slice(to)];
        expect(split(pieces, 100)).to.deep.equal(split([whole], 100));
      }),
    );
  });

  it("keeps no more of an endless line than shows that it is too long", () => {
    const lines = split([...Array.from({ length: 1000 }, () => "x".repeat(1000)), "\nnext\n"]);
    expect(lines).to.have.length(2);
    expect(lines[0]?.length).to.be.within(11, 13);
    expect(lines[1]).to.equal("next");
  });
});
