import { expect } from "chai";
import { tradingHoursIn, tradingHoursText } from "../../../../src/shared/domain/trading-hours.js";

describe("trading hours", () => {
  const read: readonly (readonly [string, string | null])[] = [
    ["Mon-Fri 09:00-17:30", "Mon-Fri 09:00-17:30"],
    ["mon-fri 09:00-12:00, Mon-Fri 13:00-17:30", "Mon-Fri 09:00-12:00, Mon-Fri 13:00-17:30"],
    ["Sat 10:00-12:00, Mon 09:00-17:30", "Mon 09:00-17:30, Sat 10:00-12:00"],
    ["Fri-Mon 22:00-04:00", "Mon 22:00-04:00, Fri-Sun 22:00-04:00"],
    ["Sun 00:00-00:00", "Sun 00:00-00:00"],
    ["", null],
    ["Mon-Fri", null],
    ["Mon 9:00-17:00", null],
    ["Mon 09:00-24:00", null],
    ["Mon 09:60-17:00", null],
    ["Moo 09:00-17:00", null],
    ["Mon-Fri 09:00-17:30,", null],
    ["Mon-Wed 09:00-17:00, Tue 09:00-12:00", null],
  ];
  for (const [text, expected] of read)
    it(`${expected === null ? "are not" : "are"} ${JSON.stringify(text)}`, () => {
      const stretches = tradingHoursIn(text);
      expect(stretches === null ? null : tradingHoursText(stretches)).to.equal(expected);
    });

  it("are a stretch a day, with ISO's numbers of days", () => {
    expect(tradingHoursIn("Sat-Sun 09:00-17:00")).to.deep.equal([
      { weekday: 6, opens: "09:00", closes: "17:00" },
      { weekday: 7, opens: "09:00", closes: "17:00" },
    ]);
  });
});
