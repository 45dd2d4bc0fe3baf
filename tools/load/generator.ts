/** One of several generator processes (load-processes.ts): runs the load that its parent sends, and ends with it. */
import type { FromGenerator, ToGenerator } from "./generator-messages.js";
import { packed } from "./generator-messages.js";
import { LoadRun } from "./load-run.js";

const PROGRESS_EVERY_MS = 1_000;

const tell = (message: FromGenerator) => void process.send?.(message);
let go: () => void = () => undefined;
const told = new Promise<void>((resolve) => {
  go = resolve;
});

process.on("disconnect", () => process.exit());
process.on("message", (message: ToGenerator) => {
  if (message.kind === "go") go();
  else
    void run(message).catch((error: Error) => {
      tell({ kind: "failed", message: error.message });
    });
});

async function run({ target, options }: Extract<ToGenerator, { kind: "run" }>): Promise<void> {
  const load = new LoadRun(target, options);
  load.onConnected = () => {
    tell({ kind: "connected" });
    return told;
  };
  load.onMeasuring = () => tell({ kind: "measuring" });
  load.onSent = () => tell({ kind: "sent" });
  load.watchLatencies();
  const timer = setInterval(() => {
    const { recent, ...progress } = load.progress();
    tell({ kind: "progress", progress: { ...progress, recent: recent.packed() } });
    recent.reset();
  }, PROGRESS_EVERY_MS);
  try {
    tell({ kind: "outcome", outcome: packed(await load.run()) });
  } finally {
    clearInterval(timer);
  }
}
