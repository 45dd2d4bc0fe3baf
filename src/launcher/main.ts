import { removeEndpoints, writeEndpoints } from "../shared/process/endpoints.js";
import { banner } from "./banner.js";
import { type LauncherConfig, launcherConfig } from "./config.js";
import { DataFolder } from "./data-folder.js";
import { stopLeftoverServices } from "./leftovers.js";
import { Pipeline } from "./pipeline.js";
import { withFreePorts } from "./ports.js";
import { StopRequest } from "./stop-request.js";

process.stdout.on("error", () => {}); // the reader of these lines may go away; the pipeline goes on

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function run(): Promise<void> {
  const given = launcherConfig();
  const stopRequest = new StopRequest(given.npmPid);
  const dataFolder = DataFolder.open(given.dataFolder);
  try {
    dataFolder.assertNoRestore();
    await stopLeftoverServices(dataFolder.path);
    await runPipeline(await withFreePorts(given), dataFolder, stopRequest);
  } finally {
    removeEndpoints(dataFolder.path);
    dataFolder.close();
  }
}

/** Until somebody asks it to stop. */
async function runPipeline(config: LauncherConfig, dataFolder: DataFolder, stopRequest: StopRequest): Promise<void> {
  let isReady = false;
  const pipeline = new Pipeline(config, dataFolder, {
    tell,
    onRestart: () => {
      if (isReady) writeEndpoints(dataFolder.path, pipeline.endpoints());
    },
    onStopAsked: () => stopRequest.ask("an operator, at the desk"),
  });
  try {
    await Promise.race([pipeline.start(), stopRequest.received]);
    if (!stopRequest.isReceived) {
      isReady = true;
      writeEndpoints(dataFolder.path, pipeline.endpoints());
      tell(
        banner(pipeline.endpoints(), { dataFolder: dataFolder.path, withDemoAccounts: config.demoAccounts === "made" }),
      );
    }
    tell(`stopping: ${await stopRequest.received}`);
  } finally {
    await pipeline.stop();
  }
}

run().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`bourse: ${error.message}\n`);
    process.exit(1);
  },
);
