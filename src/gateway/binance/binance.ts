import { KeyCheck } from "../../shared/access/key-check.js";
import { SigningKeys } from "../../shared/access/signing-keys.js";
import { BalancesStore } from "../../shared/channels/balances-store.js";
import { lookEvery } from "../../shared/process/looks.js";
import type { GatewayPlugin } from "../context.js";
import { accountEndpoints, walletEndpoints } from "./account-endpoints.js";
import { type Exchange, open } from "./endpoint.js";
import { GatewayDesk } from "./gateway-desk.js";
import { Callers } from "./identity.js";
import { marketEndpoints } from "./market-endpoints.js";
import { MarketStreams } from "./market-streams.js";
import { OwnOrdersStore } from "./own-orders-store.js";
import { addEndpoints, type RestParts, speakBinance } from "./rest.js";
import { Symbols } from "./symbols.js";
import { tradeEndpoints } from "./trade-endpoints.js";
import { UserStream } from "./user-stream.js";
import { acceptWebSockets } from "./web-sockets.js";
import { Weights } from "./weights.js";
import type { WsApiParts } from "./ws-api.js";

/** Lists of what there is none of here: clients load them with their markets. */
const NO_MARKETS = { timezone: "UTC", rateLimits: [], exchangeFilters: [], assets: [], symbols: [] };

/** Binance's Spot dialect at /binance. */
export const binance: GatewayPlugin = (server, context) => {
  const { registry, access, database, orders, rules, market, clock, config, service, upgrades } = context;
  const symbols = new Symbols(registry.assets.values());
  registry.onNew((asset) => symbols.add(asset));
  const { log } = service;
  const nowMs = clock.nowEpochMs;
  const lane = database.lane({ connections: 2, timeoutMs: config.logins.answerTimeoutMs / 2 });
  const keys = new SigningKeys(lane, config.keySeal, access, log);
  const check = new KeyCheck(keys.authenticate, config.logins, log);
  const balances = new BalancesStore(database);
  const exchange: Exchange = {
    registry,
    symbols,
    access,
    market,
    ownOrders: new OwnOrdersStore(database),
    desk: new GatewayDesk(orders, rules),
    balances: async (accountId) => (await balances.balancesOf([accountId]))[0]?.balances ?? [],
    nowMs,
    log,
  };
  const parts: RestParts = {
    callers: new Callers({ keys, check, access, nowEpochMs: nowMs }),
    weights: new Weights(),
    isDatabaseAway: () => database.whyNotReady() !== null,
    log,
    nowMs,
  };
  speakBinance(server, parts);
  const streams = new MarketStreams({ ...exchange, stopping: service.stopping });
  const spot = { ...marketEndpoints(exchange), ...accountEndpoints(exchange), ...tradeEndpoints(exchange) };
  addEndpoints(server, "/binance/api/v3", spot, parts);
  addEndpoints(server, "/binance/sapi/v1", walletEndpoints(exchange), parts);
  for (const futures of ["fapi", "dapi", "eapi"])
    addEndpoints(server, `/binance/${futures}/v1`, { exchangeInfo: open(1, () => NO_MARKETS) }, parts);
  const startUserStream = userStreams(exchange, parts.callers);
  const goAway = acceptWebSockets(upgrades, { ...parts, endpoints: spot, streams, startUserStream });
  server.addHook("preClose", async () => goAway());
};

/** How often it is looked whether keys whose accounts are followed are still good. */
const LOOK_EVERY_MS = 500;

function userStreams(exchange: Exchange, callers: Callers): WsApiParts["startUserStream"] {
  return async (caller, tell, onCut) => {
    let stopLooking: () => void = () => undefined;
    const cut = () => {
      stopLooking();
      onCut();
    };
    const stream = await UserStream.start(exchange, caller.accountId, tell, cut);
    stopLooking = lookEvery(LOOK_EVERY_MS, () => {
      if (callers.isGood(caller)) return;
      stream.end();
      cut();
    });
    const end = () => {
      stopLooking();
      stream.end();
    };
    return { end };
  };
}
