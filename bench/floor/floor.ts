/**
 * The floor: the pipeline's hops with nothing in them, in one process beside nats-server and Postgres, which is as few as
 * it can be. Frames come in over TCP; one message a window is on disk in JetStream before its `ACK`s go out; then the rows
 * of order-processing's transaction, then those of trade-processing's, then one packet to each subscriber. Nothing is
 * checked, matched or recovered, and nobody is logged in who is not a demo account: what it costs is what the hops cost.
 *
 * Run by own-floor.ts, with NATS_URL and DATABASE_URL; tells its ports over the channel to its parent, and ends with it.
 */
import { createServer as createWebServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Server as SocketIo } from "socket.io";
import { connectBus } from "../../src/shared/bus/bus.js";
import { connectDatabase, type Database } from "../../src/shared/database/database.js";
import { logIdAt } from "../../src/shared/domain/units.js";
import { nowUs } from "../../src/shared/process/clock.js";
import { createLogger } from "../../src/shared/process/log.js";
import { acknowledgement, type FloorRequest, LOGIN_ACCEPTED, readFrames } from "./frames.js";
import type { Account, Logged, Market } from "./market.js";
import { CommandRows, SettlementRows } from "./rows.js";
import { Window } from "./window.js";

interface Arrived {
  readonly client: Client;
  readonly request: FloorRequest;
  readonly frame: Buffer;
}

interface Client {
  readonly socket: Socket;
  account: Account;
  rest: Buffer;
}

const PUBLISH_TIMEOUT_MS = 5_000;
const MESSAGE_ITEMS_MAX = 256; // as many as a log id can tell apart
const BATCH_ITEMS_MAX = 5_000;
/** The shortest times between two messages and between two settlements: those of the pipeline, about, under light load. */
const LOG_INTERVAL_MS = 2;
const SETTLE_INTERVAL_MS = 8;

const NOBODY: Account = { name: "", accountId: 0, reportSequence: 0, reports: [] };
const log = createLogger("floor", "warn");
const bus = await connectBus(process.env["NATS_URL"] ?? "", { name: "floor", log });
await bus.ensureStreams(1);
const store = await connectDatabase(process.env["DATABASE_URL"] ?? "", { applicationName: "floor", log, poolMax: 1 });
const accounts = await readAccounts(store);
const markets = await readMarkets(store);
const [commandRows, settlementRows] = [new CommandRows(), new SettlementRows()];

const settlements = new Window<Logged>(SETTLE_INTERVAL_MS, BATCH_ITEMS_MAX, async (batch) => {
  await store.transaction(commandRows.statements(batch));
  const { statements, told } = settlementRows.statements(batch);
  await store.transaction(statements);
  for (const account of told) tell(account);
});
const orders = new Window<Arrived>(LOG_INTERVAL_MS, MESSAGE_ITEMS_MAX, async (batch) => {
  const payload = Buffer.concat(batch.map(({ frame }) => frame));
  const stored = await bus.publish("orders.floor", payload, { deadlineMs: PUBLISH_TIMEOUT_MS });
  if (stored.kind !== "stored") throw new Error(`the log answered ${stored.kind}`);
  const atUs = nowUs();
  const answers = new Map<Socket, Buffer[]>();
  const logged = batch.map(({ client: { socket, account }, request }, index): Logged => {
    const logId = logIdAt(stored.streamSequence, index);
    const answered = answers.get(socket);
    if (answered === undefined) answers.set(socket, [acknowledgement(logId)]);
    else answered.push(acknowledgement(logId));
    const market = markets.get(request.asset) as Market;
    market.logId = logId;
    market.command += 1;
    const side = account.accountId % 2 === 1 ? "buy" : "sell";
    return { account, side, market, request, logId, command: market.command, atUs };
  });
  for (const [socket, frames] of answers)
    socket.write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames));
  settlements.addAll(logged);
});

const door = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  const client: Client = { socket, account: NOBODY, rest: Buffer.alloc(0) };
  const onLogin = (keyId: string) => {
    client.account = accounts.get(keyId) as Account;
    socket.write(LOGIN_ACCEPTED);
  };
  const onRequest = (request: FloorRequest, frame: Buffer) => orders.add({ client, request, frame });
  socket.on("data", (bytes: Buffer) => {
    const all = client.rest.length === 0 ? bytes : Buffer.concat([client.rest, bytes]);
    client.rest = readFrames(all, onLogin, onRequest);
  });
});

const web = createWebServer();
const subscribers = new SocketIo(web, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });
subscribers.on("connection", (socket) => {
  const { keyId } = socket.handshake.auth as { keyId: string };
  socket.on("subscribe", (_what: unknown, answer: (taken: object) => void) => {
    void socket.join(keyId);
    answer({ ok: true, accountSequence: accounts.get(keyId)?.reportSequence });
  });
});

/** The packet is made of text, once for all who listen. */
function tell({ name, reports }: Account): void {
  const packet = `2["orders",{"reports":[${reports.join(",")}]}]`;
  reports.length = 0;
  for (const id of subscribers.of("/").adapter.rooms.get(name) ?? [])
    subscribers.of("/").sockets.get(id)?.conn.write(packet);
}

async function readAccounts(from: Database): Promise<Map<string, Account>> {
  const rows = await from.query<{ name: string; accountId: number }>(
    `select name, account_id as "accountId" from accounts where kind = 'customer'`,
  );
  return new Map(rows.map((row) => [row.name, { ...row, reportSequence: 0, reports: [] }]));
}

async function readMarkets(from: Database): Promise<Map<string, Market>> {
  await from.query(
    `insert into consumer_positions (service, asset, sequence, stream_sequence, command_sequence)
     select service, asset, 0, 0, 0 from assets, unnest(array['order-processing', 'trade-processing']) as service`,
  );
  const rows = await from.query<{ asset: string; base: string; quote: string }>(
    "select asset, base, quote from assets",
  );
  const unused = { logId: 0, command: 0, event: 0, trade: 0 };
  return new Map(rows.map((row) => [row.asset, { ...row, ...unused, resting: { buy: new Map(), sell: new Map() } }]));
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

process.once("disconnect", () => process.exit(0));
process.send?.({ orderPort: await listening(door), notifierPort: await listening(web) });
