import { connectBus } from "../../src/shared/bus/bus.js";
import { connectDatabase } from "../../src/shared/database/database.js";
import { loadAssets } from "../../src/shared/domain/assets.js";
import { serversToLookAt } from "../../src/shared/process/endpoints.js";
import { createLogger } from "../../src/shared/process/log.js";
import { parseOptions, type ReplayOptions } from "./options.js";
import { RecordedAsset } from "./recorded-asset.js";
import { Difference } from "./replay-run.js";
import { type ReplaySummary, replayRecorded, replayWindow } from "./replays.js";
import { readWindow } from "./window-file.js";

const [SAME, DIFFERENT, NOT_RUN] = [0, 1, 2];

async function run(options: ReplayOptions): Promise<ReplaySummary> {
  if (options.import !== undefined) return await replayWindow(readWindow(options.import));
  const terms = loadAssets(options.assetsFile).assets.get(options.asset);
  if (terms === undefined) throw new Error(`${options.asset} is not in ${options.assetsFile}`);
  const { dataDir } = options;
  const { natsUrl, databaseUrl } = serversToLookAt(dataDir === undefined ? process.env : { DATA_DIR: dataDir });
  const log = createLogger("replay", "silent");
  const bus = await connectBus(natsUrl, { name: "replay", log });
  const database = await connectDatabase(databaseUrl, { applicationName: "replay", log, poolMax: 1 });
  try {
    return await replayRecorded(new RecordedAsset(bus, database, terms), terms, options);
  } finally {
    await Promise.all([bus.close(), database.close()]);
  }
}

function textOf({ asset, from, to, counts, comparedThrough, hashes, stateHash, tookMs }: ReplaySummary): string {
  const speed = Math.round((counts.commands / tookMs) * 1000).toLocaleString("en");
  return [
    `${asset}, commands ${from} to ${to}: ${counts.events} events, ${counts.trades} trades, all the same`,
    `compared with what was published through command ${comparedThrough}, and with ${hashes} snapshots`,
    `state ${stateHash} (${counts.commands} commands run in ${Math.round(tookMs)} ms, ${speed}/s)`,
  ].join("\n");
}

try {
  console.log(textOf(await run(parseOptions(process.argv.slice(2)))));
  process.exitCode = SAME;
} catch (error) {
  console.error(`replay: ${(error as Error).message}`);
  process.exitCode = error instanceof Difference ? DIFFERENT : NOT_RUN;
}
