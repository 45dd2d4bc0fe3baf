/**
 * What the notifier is compared with: a stock Socket.IO server that reads the same notifications and does
 * `io.to(room).emit(…)`, one packet an asset for all that has arrived since the last one. It checks, fills and limits nothing, and
 * a client that does not read costs it what it costs. As the floor (`FAN_OUT=bare`) it writes the same packets to every client that
 * has subscribed, in one write each: what the kernel takes, whoever asks for it. Run by contestants.ts; ends with its channel to the parent.
 */
import { createServer } from "node:http";
import type { Socket as TcpSocket } from "node:net";
import { Server } from "socket.io";
import { Packet, type Packets } from "../../src/market-data-notifier/connections/packet.js";
import { connectBus } from "../../src/shared/bus/bus.js";
import { assetOf } from "../../src/shared/bus/subjects.js";
import { loadAssets } from "../../src/shared/domain/assets.js";
import { formatDecimal, formatPrice } from "../../src/shared/domain/decimal.js";
import { createLogger } from "../../src/shared/process/log.js";
import { decodeNotificationBatch } from "../../src/shared/wire/pipeline-codec.js";

const PENDING_MESSAGES_MAX = 1_024;
const MESSAGES_PER_TURN_MAX = 64;
const BACKLOG = 4_096;

const { assets } = loadAssets(process.env["ASSETS_FILE"] ?? "");
const bus = await connectBus(process.env["NATS_URL"] ?? "", { name: "peer", log: createLogger("peer", "warn") });
const http = createServer((_request, response) => void response.end());
const io = new Server(http, { serveClient: false, transports: ["websocket"] });
const isBare = process.env["FAN_OUT"] === "bare";
const bare = new Set<TcpSocket>();
io.on("connection", (socket) => {
  socket.on("subscribe", ({ asset }: { asset: string }, answer: (given: object) => void) => {
    void socket.join(`trades:${asset}`);
    bare.add((socket.conn.transport as unknown as { socket: { _socket: TcpSocket } }).socket._socket);
    answer({ ok: true, asset, trades: [] });
  });
});

let isScheduled = false;
const schedule = () => {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(emitAll);
};
const reader = bus.read({
  stream: "NOTIFICATIONS",
  subject: "notifications.>",
  afterSequence: (await bus.streamBounds("NOTIFICATIONS")).last,
  pendingMessagesMax: PENDING_MESSAGES_MAX,
  onAvailable: schedule,
});

function emitAll(): void {
  isScheduled = false;
  const told = new Map<string, object[]>();
  for (const { subject, data } of reader.take(MESSAGES_PER_TURN_MAX)) {
    const name = assetOf(subject);
    const asset = assets.get(name);
    if (asset === undefined) continue;
    const trades = told.get(name) ?? [];
    told.set(name, trades);
    for (const { tradeId, priceTicks, quantityLots, takerSide, executedAtUs } of decodeNotificationBatch(data).trades) {
      const [price, quantity] = [formatPrice(priceTicks, asset.tick), formatDecimal(quantityLots, asset.lot)];
      trades.push({ tradeId, price, quantity, takerSide, executedAtUs });
    }
  }
  if (isBare) writeAll(told);
  else for (const [asset, trades] of told) io.to(`trades:${asset}`).emit("trades", { asset, trades });
  if (reader.pendingMessages > 0) schedule();
}

/** Each client of this benchmark has subscribed to every asset of which something is told. */
function writeAll(told: ReadonlyMap<string, object[]>): void {
  const packets = [...told]
    .map(([asset, trades]) => new Packet("trades", { asset, trades }))
    .reduce<Packets | null>((before, packet) => before?.followedBy(packet) ?? packet.alone, null);
  if (packets !== null) for (const socket of bare) socket.write(packets.bytes);
}

process.on("disconnect", () => process.exit(0));
http.listen(Number(process.env["NOTIFIER_PORT"]), "127.0.0.1", BACKLOG, () => process.send?.("listening"));
