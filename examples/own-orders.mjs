// Follows the orders of an API key, and after a restart of its own goes on with the first report that it has not seen:
//
//   node examples/own-orders.mjs random1                       (a demo key's secret is the same word)
//   node examples/own-orders.mjs <key-id> <secret> [file]      (what it knows; own-orders-<key-id>.json)
//
// NOTIFIER_URL says where the notifier is; by default where `npm start` puts it.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { io } from "socket.io-client";

const [keyId, secret = keyId, file = `own-orders-${keyId}.json`] = process.argv.slice(2);
if (keyId === undefined) throw new Error("which key? node examples/own-orders.mjs <key-id> <secret>");
const url = process.env.NOTIFIER_URL ?? "http://127.0.0.1:7002";
const socket = io(url, { auth: { keyId, secret } });
// Whoever reads what is printed (`| head`) may have seen enough.
process.stdout.on("error", () => process.exit());

/** The last report that is in `open`, and the account's open orders by "asset/order id". */
let { accountSequence, open } = load();
const OPEN = ["open", "partially_filled", "pending_trigger"];

function load() {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return { accountSequence: 0, open: {} }; // every report there ever was makes the state of now
  }
}

/** The number and what it stands for are one file, replaced at once: a crash leaves the old pair or the new one. */
function save() {
  writeFileSync(`${file}.new`, JSON.stringify({ accountSequence, open }));
  renameSync(`${file}.new`, file);
}

function take(report) {
  // Gapless per account: a number that is not the next one would be a report that was sent twice, or not at all.
  if (report.accountSequence !== accountSequence + 1)
    throw new Error(`report ${report.accountSequence} came after ${accountSequence}`);
  accountSequence = report.accountSequence;
  const { asset, orderId, event, status, reason } = report;
  if (OPEN.includes(status)) open[`${asset}/${orderId}`] = report;
  else delete open[`${asset}/${orderId}`];
  console.log(`#${accountSequence} ${asset} order ${orderId ?? "unknown"}: ${event}, ${status ?? reason}`);
}

socket.on("orders", ({ reports }) => {
  reports.forEach(take);
  save();
});

// With each connection, also after one that broke: what came meanwhile follows the answer, then what comes live.
socket.on("connect", async () => {
  const answer = await socket.emitWithAck("subscribe", { channel: "orders", from: accountSequence });
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.text}`);
  const known = Object.keys(open).length;
  console.log(`as of #${accountSequence}: ${known} open orders; the account is at #${answer.accountSequence}`);
});

socket.on("lagged", ({ reason, text }) => console.error(`lagged: ${reason}: ${text}`));
socket.on("disconnect", (reason) => {
  // A server that cut us off does not take us back by itself; a lost connection the client renews by itself.
  if (reason === "io server disconnect") setTimeout(() => socket.connect(), 1000);
});
socket.on("connect_error", (error) => {
  console.error(`can't connect to ${url}: ${error.message}`);
  if (error.data !== undefined) process.exit(1); // an answer of the server, such as LOGIN_REJECTED; else it tries again
});
