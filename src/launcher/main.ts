import { removeEndpoints, writeEndpoints } from "../shared/process/endpoints.js";
import { banner } from "./banner.js";
import { launcherConfig } from "./config.js";
import { DataFolder } from "./data-folder.js";
import { stopLeftoverServices } from "./leftovers.js";
import { Pipeline } from "./pipeline.js";
import { assertPortsFree } from "./ports.js";
import { StopRequest } from "./stop-request.js";

process.stdout.on("error", () => {}); // the reader of these lines may go away; the pipeline goes on

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function run(): Promise<void> {
  const config = launcherConfig();
  const stopRequest = new StopRequest(config.npmPid);
  const dataFolder = DataFolder.open(config.dataFolder);
  const pipeline = new Pipeline(config, dataFolder, {
    tell,
    onRestart: () => {
      if (isReady) writeEndpoints(dataFolder.path, pipeline.endpoints());
    },
    onStopAsked: () => stopRequest.ask("an operator, at the desk"),
  });
  let isReady = false;
  try {
    dataFolder.assertNoRestore();
    await stopLeftoverServices(dataFolder.path);
    await assertPortsFree(config);
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
    removeEndpoints(dataFolder.path);
    dataFolder.close();
  }
}

run().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`bourse: ${error.message}\n`);
    process.exit(1);
  },
);
