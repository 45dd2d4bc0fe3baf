// Keeps an asset's order book by its changes, checks each checksum, and prints the best levels:
//
//   node examples/book.mjs BTC-USD
//   node examples/book.mjs BTC-USD 100        (levels a side: 10, 25, 100, 1000 or full)
//
// NOTIFIER_URL says where the notifier is; by default where `npm start` puts it.
import { io } from "socket.io-client";

const [asset = "BTC-USD", levels = "10"] = process.argv.slice(2);
const depth = levels === "full" ? levels : Number(levels);
const url = process.env.NOTIFIER_URL ?? "http://127.0.0.1:7002";
const socket = io(url);
// Whoever reads what is printed (`| head`) may have seen enough.
process.stdout.on("error", () => process.exit());

/** Price to quantity, both as text: nothing is rounded. */
const bids = new Map();
const asks = new Map();
/** The engine's last event that is in the book; null: there is no book, and events don't concern us. */
let sequence = null;
let checked = 0;

// ---- the checksum: Kraken's rule, CRC-32 over the best ten asks and bids ----

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

function crc32(text) {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at++) crc = CRC_TABLE[(crc ^ text.charCodeAt(at)) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** Prices have the same decimals, so without the point they compare as whole numbers. */
const whole = (price) => BigInt(price.replace(".", ""));
const lowestFirst = ([a], [b]) => (whole(a) < whole(b) ? -1 : 1);
const bestAsks = (count) => [...asks].sort(lowestFirst).slice(0, count);
const bestBids = (count) => [...bids].sort(lowestFirst).reverse().slice(0, count);

function checksum() {
  const digits = (text) => text.replace(".", "").replace(/^0+/, "");
  const best = [...bestAsks(10), ...bestBids(10)];
  return crc32(best.map(([price, quantity]) => digits(price) + digits(quantity)).join(""));
}

// ---- the book ----

function apply(side, changes) {
  for (const [price, quantity] of changes)
    if (quantity === "0") side.delete(price);
    else side.set(price, quantity);
}

function take(event) {
  apply(bids, event.bids);
  apply(asks, event.asks);
  sequence = event.sequence;
  if (checksum() !== event.checksum) return beginAgain(`the checksum at ${sequence} is another`);
  checked++;
  const [[bid = "-", bidQuantity = ""] = []] = bestBids(1);
  const [[ask = "-", askQuantity = ""] = []] = bestAsks(1);
  console.log(
    `${sequence}  ${bidQuantity} at ${bid} | ${askQuantity} at ${ask}  (${bids.size} bids, ${asks.size} asks, ${checked} checked)`,
  );
}

// By callback: a promise would have the answer only when events that came with it have been told.
function begin() {
  socket.emit("subscribe", { channel: "depth", asset, depth }, (answer) => {
    if (!answer.ok) {
      console.error(`${answer.code}: ${answer.text}`);
      if (answer.code === "UNAVAILABLE" || answer.code === "BUSY") setTimeout(begin, 1000);
      else process.exit(1);
      return;
    }
    bids.clear();
    asks.clear();
    take(answer);
  });
}

function beginAgain(why) {
  console.error(`${why}; beginning again`);
  sequence = null;
  begin();
}

socket.on("depth", (event) => {
  if (event.asset !== asset || sequence === null) return;
  if (event.previousSequence === sequence) take(event);
  else beginAgain(`event ${event.sequence} comes after ${event.previousSequence}, and we are at ${sequence}`);
});
socket.on("lagged", ({ reason, text }) => console.error(`lagged: ${reason}: ${text}`));
socket.on("connect", begin);
socket.on("disconnect", (reason) => {
  console.log(`disconnected: ${reason}`);
  sequence = null;
  // A server that cut us off does not take us back by itself; a lost connection the client renews by itself.
  if (reason === "io server disconnect") setTimeout(() => socket.connect(), 1000);
});
socket.on("connect_error", (error) => console.error(`can't connect to ${url}: ${error.message}`));
