import { expect } from "chai";
import { codeMac, isRightCode, newCode, TRIES_MAX } from "../../../../src/gateway/people/codes.js";
import { CodesStore } from "../../../../src/gateway/people/codes-store.js";
import type { Queries } from "../../../../src/shared/database/database.js";

const KEY = Buffer.alloc(32, 1);
const ANN = "ann@example.com";

describe("sign-in codes", () => {
  it("have six digits, also when the first is a zero, and are drawn from all", () => {
    const codes = Array.from({ length: 5_000 }, newCode);
    expect(codes.filter((code) => !/^\d{6}$/.test(code))).to.deep.equal([]);
    expect(new Set(codes.map((code) => code[0])).size).to.equal(10);
  });

  const cases: readonly [stored: [email: string, code: string] | null, given: string, isRight: boolean][] = [
    [[ANN, "012345"], "012345", true],
    [[ANN, "012345"], " 012 345 ", true],
    [[ANN, "012345"], "12345", false],
    [[ANN, "012345"], "012346", false],
    [[ANN, "012345"], "", false],
    [["bob@example.com", "012345"], "012345", false],
    [null, "012345", false],
    [null, "", false],
  ];
  for (const [stored, given, isRight] of cases)
    it(`${isRight ? "take" : "refuse"} ${JSON.stringify(given)} from ann where ${stored ?? "nothing"} is stored`, () => {
      const mac = stored === null ? null : codeMac(KEY, ...stored);
      expect(isRightCode(mac, codeMac(KEY, ANN, given))).to.equal(isRight);
    });

  it("refuse even what the stand-in for a missing code would equal", () => {
    expect(isRightCode(null, Buffer.alloc(32))).to.equal(false);
  });

  it("cost the same work whether there is one, whether it is right, and whose address it is", async () => {
    const asked: [string, readonly unknown[]][] = [];
    const stored = [[{ codeId: 7, mac: codeMac(KEY, ANN, "012345") }], [{ codeId: 7, mac: Buffer.alloc(32) }], []];
    const database = {
      query: (text: string, values: readonly unknown[] = []) => {
        asked.push([text, values.slice(1)]);
        return Promise.resolve(stored.shift() ?? []);
      },
    } as Queries;
    const codes = new CodesStore(database, KEY, { perEmail: 5, perNetwork: 20 });
    const judged = [await codes.judge(ANN, "012345"), await codes.judge(ANN, "1"), await codes.judge("x@y", "012345")];
    expect(judged).to.deep.equal([7, null, null]);
    expect(asked).to.have.length(3);
    expect(new Set(asked.map((one) => JSON.stringify(one))).size).to.equal(1);
    expect(asked[0]?.[1]).to.include(TRIES_MAX);
  });
});
