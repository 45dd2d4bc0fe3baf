/**
 * Loaded into a service before everything else: told a place in it (KillPoint of window-faults.ts), it dies there of its
 * own hand, as if by kill -9. The product knows nothing of it.
 */
process.on("message", async ({ module, owner, method, moment, having, calls, delayMs }) => {
  const { prototype } = (await import(module))[owner];
  const original = prototype[method];
  let left = calls;

  prototype[method] = function (...given) {
    if (having !== undefined && !given[0].some((item) => item[having] !== undefined))
      return original.apply(this, given);
    if (--left > 0) return original.apply(this, given);
    switch (moment) {
      case "before":
        return die();
      case "meanwhile":
        setTimeout(die, delayMs);
        return original.apply(this, given);
      case "after":
        return original.apply(this, given).then(die);
      case "logged": {
        const settle = given.pop();
        return original.call(this, ...given, (outcome) => (outcome.logId === undefined ? settle(outcome) : die()));
      }
    }
  };
});
process.channel?.unref();

function die() {
  process.kill(process.pid, "SIGKILL");
}
