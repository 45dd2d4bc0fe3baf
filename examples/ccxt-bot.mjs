/**
 * A market maker on ccxt, which knows nothing of Bourse but its addresses:
 *
 *   node examples/ccxt-bot.mjs [gateway] [symbol] [key id] [secret]
 *
 * It keeps one order on each side of the last price and quotes anew what was filled. It may be killed at any moment, and so may
 * everything that it talks to: what is open is asked for in every round, and every order has an id of its own, so that one whose
 * answer was lost is sent again and can't trade twice.
 */
import ccxt from "ccxt";

const [gateway = "http://127.0.0.1:7003", symbol = "BTC/USD", apiKey = "random1", secret = apiKey] =
  process.argv.slice(2);
const SPREAD = 0.001;
const AMOUNT = 0.01;
const FIRST_PRICE = 64_000;
const ROUND_MS = 500;

const exchange = new ccxt.binance({ apiKey, secret, timeout: 5_000, options: { recvWindow: 10_000 } });
for (const [api, url] of Object.entries(exchange.urls.api))
  if (typeof url === "string") exchange.urls.api[api] = url.replace(/^https:\/\/[^/]+/, `${gateway}/binance`);

let lastTrade = null;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends an order until it is known what became of it: with the same id it is the same order. */
async function quote(side, price) {
  const clientOrderId = `bot-${side}-${Date.now().toString(36)}`;
  for (;;) {
    try {
      return await exchange.createOrder(symbol, "limit", side, AMOUNT, price, { clientOrderId, postOnly: true });
    } catch (error) {
      if (!(error instanceof ccxt.OperationFailed)) throw error;
      console.log(`sent again: ${clientOrderId} (${error.constructor.name})`);
      await sleep(ROUND_MS);
      const known = await exchange.fetchOrder(undefined, symbol, { clientOrderId }).catch(() => null);
      if (known !== null) return known;
    }
  }
}

/** Tells what was filled since the last round. */
async function tellFills() {
  const since = lastTrade === null ? {} : { fromId: lastTrade + 1 };
  const trades = await exchange.fetchMyTrades(symbol, undefined, 1_000, since);
  if (lastTrade !== null)
    for (const { side, amount, price } of trades) console.log(`filled: ${side} ${amount} at ${price}`);
  lastTrade = Number(trades.at(-1)?.id ?? lastTrade ?? 0);
}

async function round() {
  await tellFills();
  const { last } = await exchange.fetchTicker(symbol);
  const open = (await exchange.fetchOpenOrders(symbol)).filter(({ clientOrderId }) => clientOrderId.startsWith("bot-"));
  for (const side of ["buy", "sell"]) {
    const [own, ...tooMany] = open.filter((order) => order.side === side);
    for (const { id } of tooMany) await exchange.cancelOrder(id, symbol);
    if (own !== undefined) continue;
    const order = await quote(side, (last ?? FIRST_PRICE) * (side === "buy" ? 1 - SPREAD : 1 + SPREAD));
    console.log(`quotes: ${side} ${order.amount} at ${order.price}`);
  }
}

for (;;) {
  await round().catch((error) => {
    if (!(error instanceof ccxt.BaseError)) throw error;
    console.log(`round failed: ${error.constructor.name}`);
  });
  await sleep(ROUND_MS);
}
