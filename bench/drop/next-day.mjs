/** Preloaded into the pipeline's processes (main.ts): it is tomorrow for them when they are told SIGUSR2. */
import { shiftClock } from "../../test/support/shiftable-clock.mjs";

process.on("SIGUSR2", () => shiftClock(86_400_000));
