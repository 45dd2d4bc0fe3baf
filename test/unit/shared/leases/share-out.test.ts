import { expect } from "chai";
import fc from "fast-check";
import { nextInLine, shareOut } from "../../../../src/shared/leases/share-out.js";

const ASSETS = ["A", "B", "C", "D"];
const member = (id: string, assets = ASSETS) => ({ id, assets: new Set(assets) });
const holders = (of: Record<string, string>) => new Map(Object.entries(of));
const shares = (members: string[], of: Record<string, string>) =>
  Object.fromEntries(
    shareOut(
      ASSETS,
      members.map((id) => member(id)),
      holders(of),
    ),
  );

describe("sharing out assets", () => {
  const cases: [string, string[], Record<string, string>, Record<string, string>][] = [
    ["one process takes all", ["x"], {}, { A: "x", B: "x", C: "x", D: "x" }],
    ["two take half each", ["x", "y"], {}, { A: "x", B: "y", C: "x", D: "y" }],
    [
      "a newcomer gets its share, the rest stays",
      ["x", "y"],
      { A: "x", B: "x", C: "x", D: "x" },
      { A: "y", B: "y", C: "x", D: "x" },
    ],
    [
      "nothing moves that is fair already",
      ["x", "y"],
      { A: "x", B: "x", C: "y", D: "y" },
      { A: "x", B: "x", C: "y", D: "y" },
    ],
    [
      "what a process had that is gone goes to the others",
      ["y"],
      { A: "x", B: "y", C: "x", D: "y" },
      { A: "y", B: "y", C: "y", D: "y" },
    ],
    [
      "with more processes than assets some have none",
      ["v", "w", "x", "y", "z"],
      { D: "z" },
      { A: "v", B: "w", C: "x", D: "z" },
    ],
  ];
  for (const [title, members, of, expected] of cases)
    it(title, () => expect(shares(members, of)).to.deep.equal(expected));

  it("gives nobody what it is not willing to take", () => {
    const all = [member("x", ["A"]), member("y", ["A", "B", "C"])];
    expect(Object.fromEntries(shareOut(ASSETS, all, holders({ D: "x" })))).to.deep.equal({ A: "x", B: "y", C: "y" });
  });

  it("is even, whoever had what, and does not change once it is so", () => {
    const ids = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 });
    const held = fc.dictionary(fc.constantFrom(...ASSETS), fc.constantFrom("a", "b", "c", "d", "e", "gone"));
    fc.assert(
      fc.property(ids, held, (members, of) => {
        const plan = shares(members, of);
        const counts = members.map((id) => Object.values(plan).filter((holder) => holder === id).length);
        expect(Object.keys(plan)).to.have.lengthOf(ASSETS.length);
        expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1);
        expect(shares(members, plan)).to.deep.equal(plan);
      }),
    );
  });

  describe("next in line", () => {
    const MANY = Array.from({ length: 12 }, (_, index) => `A${String(index).padStart(2, "0")}`);
    const group = (ids: readonly string[]) => ids.map((id) => member(id, MANY));

    it("is nobody where there is one process only, and never the one that has it", () => {
      expect(nextInLine(holders({ A: "x" }), [member("x")]).size).to.equal(0);
      expect(Object.fromEntries(nextInLine(holders({ A: "x", B: "y" }), [member("x"), member("y")]))).to.deep.equal({
        A: "y",
        B: "x",
      });
    });

    it("is each of the others as often as another, and they take over what they followed", () => {
      for (const count of [2, 3, 4, 5]) {
        const ids = MANY.slice(0, count).map((_, index) => `p${index}`);
        const held = shareOut(MANY, group(ids), new Map());
        const next = nextInLine(held, group(ids));
        const counts = ids.map((id) => [...next.values()].filter((follower) => follower === id).length);
        expect(Math.max(...counts) - Math.min(...counts), `${count} processes: ${counts}`).to.be.at.most(2);
        for (const gone of ids) {
          const left = shareOut(MANY, group(ids.filter((id) => id !== gone)), held);
          for (const asset of MANY) if (held.get(asset) === gone) expect(left.get(asset)).to.equal(next.get(asset));
        }
      }
    });
  });
});
