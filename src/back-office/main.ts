import { refuseDemoKeys } from "../shared/access/demo-keys.js";
import { followCreatedAssets } from "../shared/database/created-assets.js";
import { connectDatabase } from "../shared/database/database.js";
import { reportDatabase } from "../shared/database/report-database.js";
import { launcherChannel } from "../shared/process/launcher-asks.js";
import { runService } from "../shared/process/lifecycle.js";
import { warnIfExposed } from "../shared/process/tls.js";
import { Acts } from "./acts.js";
import { backOfficeConfig } from "./config.js";
import { deskPlugins } from "./desk-plugins.js";
import { operatorsOnly } from "./operators-only.js";
import { Desk } from "./service.js";
import { WindDowns } from "./wind-downs.js";

await runService("back-office", backOfficeConfig, async (service, config) => {
  const { log } = service;
  warnIfExposed(log, config);

  const database = await connectDatabase(config.databaseUrl, { applicationName: "back-office", log, poolMax: 2 });
  service.onStop("database", () => database.close());
  reportDatabase(service, database);
  await followCreatedAssets(service, database, config);
  if (config.production) await refuseDemoKeys(database);

  const launcher = launcherChannel();
  const windDowns = new WindDowns(database, launcher, service);
  const desk = await Desk.create(
    {
      config,
      database,
      operatorsOnly: operatorsOnly(database, log),
      acts: new Acts(database),
      windDowns,
      launcher,
      service,
    },
    deskPlugins,
  );
  service.onStop("http", () => desk.stop());
  const port = await desk.listen();
  windDowns.wake(); // what was under way goes on
  log.info({ host: config.host, port }, "the desk is open");
});
