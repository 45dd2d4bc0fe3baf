/** npm run bench:floor -- --rate 1000 --seconds 10 */
import { measuredRun } from "../../tools/load/measured-run.js";
import { parseCommandLine } from "../../tools/load/options.js";
import { summaryText } from "../../tools/load/summary.js";
import { startOwnFloor } from "./own-floor.js";

const { load } = parseCommandLine(process.argv.slice(2));
const own = await startOwnFloor();
try {
  console.log(summaryText(await measuredRun(own.target, load)));
} finally {
  await own.stop();
}
