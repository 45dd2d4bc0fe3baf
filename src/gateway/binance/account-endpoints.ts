/** What an account asks of its own: balances, orders, trades, fees, and what clients ask of a wallet when they load markets. */
import { type Asset, type Currency, storedAsset } from "../../shared/domain/assets.js";
import { type Endpoint, type Exchange, open, type SignedCall, signed } from "./endpoint.js";
import { BinanceError } from "./errors.js";
import { orderJson, ownTradeJson } from "./order-json.js";
import { readNamed } from "./order-parameters.js";
import type { HistoryAsked, StoredOrder } from "./own-orders-store.js";
import { symbolOf } from "./symbols.js";

const OPEN_ORDERS_MAX = 1_000;

export function accountEndpoints(exchange: Exchange): Readonly<Record<string, Endpoint>> {
  const { symbols, ownOrders, balances } = exchange;
  const ofSymbol = (weight: number, handle: (call: SignedCall, asset: Asset) => Promise<unknown>) =>
    signed(weight, (call) => handle(call, symbols.get(call.given.required("symbol"))));
  const shown = (order: StoredOrder) => orderJson(order, assetOf(exchange, order));
  return {
    "GET order": ofSymbol(4, async ({ given, caller }, asset) => {
      const order = await ownOrders.order(caller.accountId, asset.asset, readNamed(given));
      if (order === null) throw BinanceError.orderDoesNotExist();
      return orderJson(order, asset);
    }),
    "GET openOrders": signed(
      (given) => (given.text("symbol") === null ? 80 : 6),
      async ({ given, caller }) => {
        const symbol = given.text("symbol");
        const asset = symbol === null ? null : symbols.get(symbol).asset;
        return (await ownOrders.openOrders(caller.accountId, asset, OPEN_ORDERS_MAX)).map(shown);
      },
    ),
    "GET allOrders": ofSymbol(20, async (call, asset) => {
      const orders = await ownOrders.orders(call.caller.accountId, asset.asset, historyAsked(call, "orderId"));
      return orders.map(shown);
    }),
    "GET myTrades": ofSymbol(20, async (call, asset) => {
      const [asked, orderId] = [historyAsked(call, "fromId"), call.given.whole("orderId")];
      const fills = await ownOrders.fills(call.caller.accountId, asset.asset, asked, orderId);
      return fills.map((fill) => ownTradeJson(fill, asset));
    }),
    "GET account": signed(20, async ({ given, caller }) => {
      given.skip("omitZeroBalances");
      return accountJson(exchange, caller, await balances(caller.accountId));
    }),
    "GET account/commission": ofSymbol(20, async (_call, asset) => commissionJson(asset)),
    "GET rateLimit/order": signed(40, () => []),
  };
}

/** `/sapi/v1`: what clients ask of a wallet. There is none here: nothing can be paid in or out. */
export function walletEndpoints({ registry, symbols, balances }: Exchange): Readonly<Record<string, Endpoint>> {
  return {
    "GET system/status": open(1, () => ({ status: 0, msg: "normal" })),
    "GET capital/config/getall": signed(10, async ({ caller }) => {
      const own = new Map((await balances(caller.accountId)).map((balance) => [balance.currency, balance]));
      return [...registry.currencies.values()].map((currency) => coinJson(currency, own.get(currency.currency)));
    }),
    "GET asset/tradeFee": signed(1, ({ given }) => {
      const symbol = given.text("symbol");
      const assets = symbol === null ? [...symbols.assets] : [symbols.get(symbol)];
      return assets.map((asset) => {
        const { maker, taker } = rates(asset);
        return { symbol: symbolOf(asset), makerCommission: maker, takerCommission: taker };
      });
    }),
    "GET account/apiRestrictions": signed(1, ({ caller }) => ({
      ipRestrict: false,
      enableReading: true,
      enableWithdrawals: false,
      enableMargin: false,
      enableFutures: false,
      enableSpotAndMarginTrading: caller.role !== "read",
    })),
    "GET margin/allPairs": open(1, () => []),
    "GET margin/isolated/allPairs": signed(1, () => []),
    "GET margin/allAssets": open(1, () => []),
  };
}

/** Basis points as a share: 10 is "0.001". */
function rates({ feeRates }: Asset): { readonly maker: string; readonly taker: string } {
  const share = (bps: number) => (bps / 10_000).toFixed(4);
  return { maker: share(feeRates.makerBps), taker: share(feeRates.takerBps) };
}

function commissionJson(asset: Asset): object {
  const { maker, taker } = rates(asset);
  const none = { maker: "0", taker: "0", buyer: "0", seller: "0" };
  const standardCommission = { ...none, maker, taker };
  const discount = { enabledForAccount: false, enabledForSymbol: false, discountAsset: "BNB", discount: "0" };
  return { symbol: symbolOf(asset), standardCommission, specialCommission: none, taxCommission: none, discount };
}

function accountJson(
  exchange: Exchange,
  caller: SignedCall["caller"],
  balances: readonly { readonly currency: string; readonly available: string; readonly held: string }[],
): object {
  const [first] = exchange.symbols.assets;
  const { maker, taker } = first === undefined ? { maker: "0", taker: "0" } : rates(first);
  return {
    makerCommission: Math.round(Number(maker) * 10_000),
    takerCommission: Math.round(Number(taker) * 10_000),
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { maker, taker, buyer: "0", seller: "0" },
    canTrade: caller.role !== "read" && !caller.suspended,
    canWithdraw: false,
    canDeposit: false,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: true,
    updateTime: exchange.nowMs(),
    accountType: "SPOT",
    balances: balances.map(({ currency, available, held }) => ({ asset: currency, free: available, locked: held })),
    permissions: ["SPOT"],
    uid: caller.accountId,
  };
}

function coinJson(
  { currency, decimals, kind }: Currency,
  own: { readonly available: string; readonly held: string } | undefined,
): object {
  const zeros = { freeze: "0", withdrawing: "0", ipoing: "0", ipoable: "0", storage: "0" };
  return {
    coin: currency,
    name: currency,
    depositAllEnable: false,
    withdrawAllEnable: false,
    free: own?.available ?? "0",
    locked: own?.held ?? "0",
    ...zeros,
    isLegalMoney: kind === "fiat",
    trading: true,
    decimals,
    networkList: [],
  };
}

function historyAsked({ given }: SignedCall, idName: string): HistoryAsked {
  const us = (name: string) => {
    const ms = given.whole(name);
    return ms === null ? null : ms * 1_000;
  };
  const endUs = us("endTime");
  return {
    fromId: given.whole(idName),
    startUs: us("startTime"),
    endUs: endUs === null ? null : endUs + 999,
    limit: given.limit(500, 1_000),
  };
}

function assetOf({ registry }: Exchange, { asset }: StoredOrder): Asset {
  return storedAsset(registry.assets, asset);
}
