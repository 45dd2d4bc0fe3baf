import { accounts } from "./accounts.js";
import { assets } from "./assets.js";
import { audit } from "./audit.js";
import { bots } from "./bots.js";
import type { DeskPlugin } from "./context.js";
import { health } from "./health.js";
import { keys } from "./keys.js";
import { me } from "./me.js";
import { stopping } from "./stopping.js";
import { transfers } from "./transfers.js";

/** In the order of the desk's OpenAPI page. */
export const deskPlugins: readonly DeskPlugin[] = [
  me,
  health,
  accounts,
  keys,
  transfers,
  assets,
  audit,
  stopping,
  bots,
];
