import type { GatewayPlugin } from "../context.js";
import { sockets } from "../sockets/sockets.js";
import { account } from "./account.js";
import { assets } from "./assets.js";
import { cancels } from "./cancels.js";
import { keys } from "./keys.js";
import { market } from "./market.js";
import { money } from "./money.js";
import { orders } from "./orders.js";
import { ordersRead } from "./orders-read.js";
import { time } from "./time.js";

/** The native API, a plugin a file. */
export const v1: readonly GatewayPlugin[] = [
  time,
  assets,
  account,
  market,
  orders,
  cancels,
  ordersRead,
  money,
  keys,
  sockets,
];
