/** Loaded into a process before everything else: its clock is CHAOS_CLOCK_SHIFT_MS wrong. */
const shiftMs = Number(process.env.CHAOS_CLOCK_SHIFT_MS);
const RightDate = Date;

globalThis.Date = class extends RightDate {
  constructor(...parts) {
    if (parts.length === 0) super(RightDate.now() + shiftMs);
    else super(...parts);
  }

  static now() {
    return RightDate.now() + shiftMs;
  }
};
Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + shiftMs });
