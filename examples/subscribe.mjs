// Watches an asset's trades, and with an API key also the key's own orders:
//
//   node examples/subscribe.mjs BTC-USD
//   node examples/subscribe.mjs BTC-USD random1            (a demo key's secret is the same word)
//   node examples/subscribe.mjs BTC-USD <key-id> <secret>
//
// NOTIFIER_URL says where the notifier is; by default where `npm start` puts it.
import { io } from "socket.io-client";

const [asset = "BTC-USD", keyId, secret = keyId] = process.argv.slice(2);
const url = process.env.NOTIFIER_URL ?? "http://127.0.0.1:7002";
const socket = io(url, keyId === undefined ? {} : { auth: { keyId, secret } });
// Whoever reads what is printed (`| head`) may have seen enough.
process.stdout.on("error", () => process.exit());

/** The last report we have: after a lost connection we ask for what came since. */
let accountSequence;

/** Our open orders by asset and order id, and the number of the last report about each order that reports have told of. */
const openOrders = new Map();
const lastReports = new Map();
const OPEN = ["open", "partially_filled", "pending_trigger"];

async function subscribe(request) {
  const answer = await socket.emitWithAck("subscribe", request);
  if (!answer.ok) console.error(`${request.channel}: ${answer.code}: ${answer.text}`);
  return answer;
}

function showTrade({ tradeId, price, quantity, takerSide, executedAtUs }) {
  const time = new Date(executedAtUs / 1000).toISOString();
  console.log(`${time}  trade ${tradeId}  ${asset}  ${quantity} at ${price}, taker ${takerSide}`);
}

function showReport(report) {
  accountSequence = report.accountSequence;
  const key = `${report.asset}/${report.orderId}`;
  lastReports.set(key, accountSequence);
  if (OPEN.includes(report.status)) openOrders.set(key, report);
  else openOrders.delete(key);
  const { event, status, side, price, orderId, quantity, filledQuantity, lastQuantity, lastPrice, reason } = report;
  const fill = event === "trade" ? ` ${lastQuantity} at ${lastPrice},` : "";
  const terms = `${side ?? ""} ${quantity ?? ""} at ${price ?? "market"}, filled ${filledQuantity}`;
  console.log(
    `  #${accountSequence} ${event}${fill} order ${orderId} (${terms}): ${status}${reason ? `, ${reason}` : ""}`,
  );
}

/** A page is as of its own accountSequence: what a later report said of an order counts. */
function keepPage(page) {
  for (const order of page.openOrders) {
    const key = `${order.asset}/${order.orderId}`;
    if ((lastReports.get(key) ?? 0) <= page.accountSequence) openOrders.set(key, order);
  }
}

socket.on("trades", ({ trades }) => trades.forEach(showTrade));
socket.on("orders", ({ reports }) => reports.forEach(showReport));
socket.on("lagged", ({ reason, text }) => console.error(`lagged: ${reason}: ${text}`));

socket.on("connect", async () => {
  console.log(`connected to ${url}${keyId === undefined ? "" : ` as ${keyId}`}`);
  const { ok, trades } = await subscribe({ channel: "trades", asset });
  if (ok) trades.forEach(showTrade);
  if (keyId === undefined) return;
  const orders = await subscribe({ channel: "orders", from: accountSequence });
  if (!orders.ok) return;
  accountSequence ??= orders.accountSequence;
  openOrders.clear();
  keepPage(orders);
  // An answer has at most 1,000 open orders; the next page is asked for with what it says.
  for (let { next } = orders; next !== undefined; ) {
    const page = await subscribe({ channel: "orders", next });
    if (!page.ok) return;
    keepPage(page);
    next = page.next;
  }
  console.log(`${openOrders.size} open orders of ${keyId}, last report #${orders.accountSequence}`);
});

socket.on("disconnect", (reason) => {
  console.log(`disconnected: ${reason}`);
  // A server that cut us off does not take us back by itself; a lost connection the client renews by itself.
  if (reason === "io server disconnect") setTimeout(() => socket.connect(), 1000);
});
socket.on("connect_error", (error) => {
  console.error(`can't connect to ${url}: ${error.message}`);
  if (error.data !== undefined) process.exit(1); // an answer of the server, such as LOGIN_REJECTED; else it tries again
});
