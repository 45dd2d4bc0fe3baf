/** Preloaded into the processes of the pipeline that nobody watches (main.ts): counting, setting and observing do nothing there. */
import { Counter, Gauge, Histogram } from "prom-client";

const nothing = () => undefined;
const silent = { inc: nothing, dec: nothing, set: nothing, observe: nothing, startTimer: () => nothing };
/** The library's constructors choose among the longer names. */
const OBSERVING = ["inc", "incWithoutExemplar", "dec", "set", "observe", "observeWithoutExemplar", "setToCurrentTime"];

for (const { prototype } of [Counter, Gauge, Histogram]) {
  for (const name of OBSERVING) if (name in prototype) prototype[name] = nothing;
  prototype.labels = () => silent;
}
