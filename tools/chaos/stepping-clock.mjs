/** Loaded into a process before everything else: its wall clock steps when it is told { clockStepMs }, as a system's does. */
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
process.on("message", ({ clockStepMs }) => {
  shiftMs += clockStepMs;
});
process.channel?.unref();
