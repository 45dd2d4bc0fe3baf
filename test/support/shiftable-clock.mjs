/** The wall clock of this process, which can be put wrong; the right one goes on below it. */
const RightDate = Date;
let shiftMs = 0;

globalThis.Date = class extends RightDate {
  constructor(...parts) {
    if (parts.length === 0) super(RightDate.now() + shiftMs);
    else super(...parts);
  }

  static now() {
    return RightDate.now() + shiftMs;
  }
};

/** @param {number} byMs */
export function shiftClock(byMs) {
  shiftMs += byMs;
}
