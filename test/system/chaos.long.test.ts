import { shortFaults } from "../../tools/chaos/faults.js";
import { inSharedWorlds, Worlds } from "../../tools/chaos/worlds.js";
import { build } from "../../tools/load/own-pipeline.js";
import { itIsExactAfter } from "./faults-under-test.js";

describe("a pipeline under load, whatever happens to it,", function () {
  this.timeout(120_000);
  // Waiting for what careful clients leave behind takes seconds: gone-clients.long.test.ts does it once.
  const worlds = new Worlds({ withCarefulClients: false });

  before(() => build());
  after(() => worlds.close());

  for (const fault of inSharedWorlds(shortFaults())) itIsExactAfter(fault, worlds);
});
