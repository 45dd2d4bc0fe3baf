/** Loaded into a process before everything else: its wall clock steps when it is told { clockStepMs }, as a system's does. */
import { shiftClock } from "../../test/support/shiftable-clock.mjs";

process.on("message", ({ clockStepMs }) => shiftClock(clockStepMs));
process.channel?.unref();
