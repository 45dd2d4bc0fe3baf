/** The load by which pipelines are compared with each other, and with the floor: all but its rate and its length. */
import { join } from "node:path";
import { loadAssets } from "../src/shared/domain/assets.js";
import { projectRoot } from "../src/shared/process/project-root.js";

export const USUAL_LOAD = {
  assets: [...loadAssets(join(projectRoot, "config", "assets.json")).assets.values()],
  accounts: ["random1", "random2"] as const,
  connections: 50,
  isText: false,
  withClientOrderIds: false,
  withReports: true,
};
