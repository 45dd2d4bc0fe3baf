import { fileURLToPath } from "node:url";

/** The folder that package.json stands in. */
export const projectRoot = fileURLToPath(new URL("../../../", import.meta.url));
