/** npm run bench:gateway: what is promised of HTTP, beside what is needed and what we aim at, on a pipeline of its own. */
import { readEndpoints } from "../../src/shared/process/endpoints.js";
import { commandLine, whole } from "../../src/shared/process/options.js";
import type { Sample } from "../../tools/load/figure.js";
import { tell, tellColumns } from "../../tools/load/figure-lines.js";
import { startOwnPipeline } from "../../tools/load/own-pipeline.js";
import { asked } from "../options.js";
import { gatewayFigures } from "./figures.js";

const { rate, seconds, warmup, times, runs, only, json } = asked(() =>
  commandLine("bench:gateway", "The gateway's figures: orders, results, reads, and what it takes when idle.")
    .option("--rate <orders>", "orders a second", whole({ from: 2, to: 100_000 }), 500)
    .option("--seconds <seconds>", "measured time of each", whole({ to: 600 }), 10)
    .option("--warmup <seconds>", "before it, not measured", whole({ from: 0, to: 60 }), 3)
    .option("--times <count>", "how often an order is placed and looked for", whole({ to: 1_000_000 }), 1_000)
    .option("--runs <count>", "of each; medians count", whole({ to: 9 }), 3)
    .option("--only <words>", "the figures whose names have these words", "")
    .option("--json", "one JSON line a figure")
    .parse()
    .opts(),
);
// All requests come from one address here, and a fast core answers more of them than one address may ask for.
const own = await startOwnPipeline({ GATEWAY_REQUESTS_PER_SECOND_PER_ADDRESS_MAX: "1000000" });
try {
  const { gatewayUrl: url } = readEndpoints(own.dataDir, "it was just started");
  const figures = gatewayFigures({ url, ratePerSecond: rate, seconds, warmupSeconds: warmup, times });
  if (json !== true) tellColumns();
  for (const figure of figures.filter(({ name }) => name.includes(only))) {
    const samples: Sample[] = [];
    for (let run = 0; run < runs; run++) samples.push(await figure.run(own.target));
    if (!tell(figure, samples, json === true)) process.exitCode = 1;
  }
} finally {
  await own.stop();
}
