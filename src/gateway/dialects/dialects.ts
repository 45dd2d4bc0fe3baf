import type { GatewayPlugin } from "../context.js";
import { exchangeOrderbook } from "./exchange-orderbook.js";
import { mexchange } from "./mexchange.js";
import { mexchangeSocket } from "./mexchange-socket.js";
import { rustCryptoExchange } from "./rust-crypto-exchange.js";

/** The routes of other systems, a system a file. */
export const dialects: readonly GatewayPlugin[] = [mexchange, mexchangeSocket, rustCryptoExchange, exchangeOrderbook];
