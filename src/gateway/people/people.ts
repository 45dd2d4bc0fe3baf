import type { GatewayPlugin } from "../context.js";
import { auth } from "./auth.js";
import { me } from "./me.js";

/** Everything that people do in a browser and programs do not, a plugin a file. */
export const people: GatewayPlugin = async (server, context) => {
  for (const plugin of [auth, me]) await plugin(server, context);
};
