import { expect } from "chai";
import {
  judgeRefresh,
  type RefreshJudgement,
  refreshTokenIn,
  refreshTokenText,
} from "../../../../src/gateway/people/refresh-tokens.js";

const KEY = Buffer.alloc(32, 1);
const SESSION = `session-${"5".repeat(32)}`;

describe("refresh tokens", () => {
  const cases: readonly [stored: number | "over" | null, presented: number, RefreshJudgement, string][] = [
    [1, 1, "rotate", "the first one"],
    [7, 7, "rotate", "the last one"],
    [7, 6, "reused", "the one before"],
    [7, 1, "reused", "the first one, much later"],
    [7, 8, "over", "one of a future that a restored database does not know"],
    ["over", 7, "over", "the last one of a session that has ended"],
    ["over", 6, "over", "an earlier one of a session that has ended"],
    [null, 1, "over", "one of a session that is not there"],
  ];
  for (const [stored, generation, judgement, what] of cases)
    it(`are judged: ${what}`, () => {
      const state = stored === null ? null : { generation: stored === "over" ? 7 : stored, isOver: stored === "over" };
      expect(judgeRefresh(state, { sessionId: SESSION, generation })).to.equal(judgement);
    });

  it("name their session and generation to whoever has the key", () => {
    const token = { sessionId: SESSION, generation: 12 };
    const text = refreshTokenText(KEY, token);
    expect(refreshTokenIn(KEY, text)).to.deep.equal(token);
    expect(refreshTokenIn(Buffer.alloc(32, 2), text)).to.equal(null);
  });

  it("are refused when anything of them is another", () => {
    const text = refreshTokenText(KEY, { sessionId: SESSION, generation: 12 });
    const mac = text.split(".")[2] ?? "";
    for (const changed of [
      "",
      ".",
      "..",
      mac,
      `${SESSION}.12.`,
      `${SESSION}.13.${mac}`,
      `${SESSION}.012.${mac}`,
      `${SESSION}.1e1.${mac}`,
      `session-${"6".repeat(32)}.12.${mac}`,
      `${text}A`,
      ` ${text}`,
      `${text}\n`,
      text.slice(0, -1),
      `${SESSION}.12.${"A".repeat(43)}`,
    ])
      expect(refreshTokenIn(KEY, changed), changed).to.equal(null);
  });
});
