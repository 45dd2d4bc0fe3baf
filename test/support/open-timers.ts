/** Says where the timers were set that keep this process alive: what Node tells of them is that they are timers. */
import { promisify } from "node:util";

const OWN_FILE = /open-timers/;
const LINES_TOLD = 4;

const setBy = new Map<NodeJS.Timeout, Error>();

/** From now on each setTimeout and setInterval is remembered until it ends. */
export function watchTimers(): void {
  const { setTimeout: setOnce, setInterval: setAgain, clearTimeout: clear } = globalThis;
  const remembered = (timer: NodeJS.Timeout): NodeJS.Timeout => {
    setBy.set(timer, new Error("set"));
    return timer;
  };
  const once = (work: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const timer: NodeJS.Timeout = remembered(
      setOnce(() => {
        setBy.delete(timer);
        work(...args);
      }, ms),
    );
    return timer;
  };
  const again = (work: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
    remembered(setAgain(work, ms, ...args));
  const forget = (timer?: NodeJS.Timeout | string | number) => {
    if (typeof timer === "object") setBy.delete(timer);
    clear(timer);
  };
  Object.assign(once, { [promisify.custom]: Reflect.get(setOnce, promisify.custom) });
  Object.assign(globalThis, { setTimeout: once, setInterval: again, clearTimeout: forget, clearInterval: forget });
}

/** The first lines of who set each timer that is open and keeps the process alive. */
export function openTimers(): readonly string[] {
  return [...setBy].flatMap(([timer, { stack = "" }]) => {
    if (!timer.hasRef()) return [];
    const lines = stack.split("\n").slice(1);
    return lines
      .filter((line) => !OWN_FILE.test(line))
      .slice(0, LINES_TOLD)
      .join("\n");
  });
}
