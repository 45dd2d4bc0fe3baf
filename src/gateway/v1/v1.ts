import type { GatewayPlugin } from "../context.js";
import { account } from "./account.js";
import { assets } from "./assets.js";
import { cancels } from "./cancels.js";
import { orders } from "./orders.js";
import { time } from "./time.js";

/** The native API, a plugin a file. */
export const v1: readonly GatewayPlugin[] = [time, assets, account, orders, cancels];
