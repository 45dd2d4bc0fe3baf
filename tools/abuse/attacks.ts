/** What strangers, and customers who take more than their share, do to a pipeline. Issue 12 numbered them S1 to S9. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { connect as connectNats } from "nats";
import { pausedFor } from "../../src/shared/process/waits.js";
import { encodeMessage } from "../../src/shared/wire/protobuf.js";
import { RawWebSocket } from "../../test/support/raw-websocket.js";
import { SessionLost, TextSession } from "../../test/support/trading-session.js";
import type { Target } from "../load/target.js";
import { crowd } from "./crowd.js";
import { startedInProduction } from "./production-start.js";

export interface Attacked {
  readonly target: Target;
  /** Null: it is not known, and nothing in it is looked at. */
  readonly dataDir: string | null;
}

export interface Attack {
  readonly name: string;
  readonly how: string;
  /** What is quicker than this is no harm to honest clients, however quick their `ACK`s were before; not said: 50 ms. */
  readonly ackP99NoHarmMs?: number;
  /** Until the signal. Returns what it did, or throws a NotRefused. */
  readonly run: (attacked: Attacked, stopping: AbortSignal) => Promise<string>;
}

/** The attack got what it must not get. */
export class NotRefused extends Error {
  override readonly name = "NotRefused";
}

/** The customer who misbehaves; honest clients trade for the two others. */
const ATTACKER = "random32";
const OWNER = "random1";
const MEGABYTE = 2 ** 20;
/** Three times 4 ms, below which the machine's noise is larger than any wait. */
const FLOOD_NO_HARM_MS = 12;
const READ_AGAIN_MS = 100;
const SLOW_BYTES_PER_SECOND = 50_000;

const nulInKey = frame({ requestId: 1, login: { keyId: "a\0b", secret: "x" } });
const login = (account: string) => Buffer.from(`LOGIN ${account} ${account}\n`);

export const ATTACKS: readonly Attack[] = [
  {
    name: "S1-nul-in-key",
    how: "300 strangers log in with a NUL in the key id, over and over",
    run: ({ target }, stopping) =>
      crowd(
        target.orderHandler,
        { connections: 300, opening: nulInKey, repeated: nulInKey, bytesPerSecond: MEGABYTE },
        stopping,
      ),
  },
  {
    name: "S2-cancels",
    how: "one account sends cancels that hit nothing over 4 connections, as fast as they are read",
    ackP99NoHarmMs: FLOOD_NO_HARM_MS,
    run: flood("CANCEL KCN-EUR 5\n"),
  },
  {
    name: "S2-ioc",
    how: "one account sends IOC orders over 4 connections, as fast as they are read",
    ackP99NoHarmMs: FLOOD_NO_HARM_MS,
    run: flood("BUY KCN-EUR 1 0.01 tif=IOC\n"),
  },
  {
    name: "S3-comments",
    how: "64 strangers send comments and blank lines, 37 MB a second in all",
    run: ({ target }, stopping) =>
      crowd(
        target.orderHandler,
        {
          connections: 64,
          opening: Buffer.from("#\n"),
          repeated: Buffer.from(`# ${"x".repeat(60)}\n\n`.repeat(256)),
          bytesPerSecond: 37 * MEGABYTE,
        },
        stopping,
      ),
  },
  {
    name: "S4-demo-keys",
    how: "order-handler and notifier are started in production, over and over, on the database that has demo keys",
    run: async ({ target }, stopping) => {
      const started = await startedInProduction(target, stopping);
      if (started !== null && started.length > 0) throw new NotRefused(started.join("; "));
      return started === null ? "the servers are not known" : "none started";
    },
  },
  {
    name: "S5-silent",
    how: "2,000 connections to the notifier say nothing",
    run: ({ target }, stopping) =>
      crowd(notifierOf(target), { connections: 2_000, opening: Buffer.alloc(0) }, stopping),
  },
  {
    name: "S5-polling",
    how: "1,000 polling sessions of the notifier never poll, and handshakes never end",
    run: ({ target }, stopping) => {
      const handshake = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: notifier\r\n\r\n";
      const repeated = Buffer.from(handshake);
      const behaviour = { connections: 1_000, opening: repeated, repeated, bytesPerSecond: MEGABYTE / 4 };
      return crowd(notifierOf(target), behaviour, stopping);
    },
  },
  {
    name: "S6-servers",
    how: "a local user without a password connects to nats-server, and reads what is in DATA_DIR",
    run: async ({ target, dataDir }) => {
      await refusedByNats(target);
      if (dataDir !== null) ownersAlone(dataDir);
      return "refused";
    },
  },
  {
    name: "S7-wrong-logins",
    how: "a stranger guesses the secret of somebody's key, 64 guesses at a time; the owner logs in meanwhile",
    run: ({ target }, stopping) =>
      crowd(
        target.orderHandler,
        { connections: 64, opening: Buffer.from(`LOGIN ${OWNER} guess\n`.repeat(3)) },
        stopping,
      ),
  },
  {
    name: "S8-strangers",
    how: "4,000 strangers hold a connection to the order-handler, each as long as it may",
    run: ({ target }, stopping) =>
      crowd(target.orderHandler, { connections: 4_000, opening: Buffer.from("#\n") }, stopping),
  },
  {
    name: "S8-sessions",
    how: "one account opens as many sessions as it gets, 2,000 at most",
    run: ({ target }, stopping) =>
      crowd(target.orderHandler, { connections: 2_000, opening: login(ATTACKER) }, stopping),
  },
  {
    name: "S9-slow-reader",
    how: "a subscriber reads 50 KB a second of the reports of an account that gets more",
    run: slowReader,
  },
];

function frame(message: object): Buffer {
  const body = encodeMessage("bourse.v1.ClientMessage", message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function notifierOf({ notifierUrl }: Target) {
  if (notifierUrl === null) throw new Error("this attack needs a notifier");
  const { hostname: host, port } = new URL(notifierUrl);
  return { host, port: Number(port) };
}

/** By a customer with a key. */
function flood(line: string): Attack["run"] {
  const repeated = Buffer.from(line.repeat(200));
  return ({ target }, stopping) =>
    crowd(
      target.orderHandler,
      { connections: 4, opening: login(ATTACKER), repeated, bytesPerSecond: 4 * MEGABYTE },
      stopping,
    );
}

async function refusedByNats({ natsUrl }: Target): Promise<void> {
  if (natsUrl === null) return;
  const { hostname, port } = new URL(natsUrl);
  const connection = await connectNats({ servers: `${hostname}:${port}`, reconnect: false }).catch(() => null);
  if (connection === null) return;
  await connection.close();
  throw new NotRefused("nats-server lets in who has no password");
}

function ownersAlone(dataDir: string): void {
  for (const path of [dataDir, join(dataDir, "endpoints.json")]) {
    const mode = statSync(path).mode & 0o777;
    if ((mode & 0o066) !== 0) throw new NotRefused(`${path} may be read by others: its mode is ${mode.toString(8)}`);
  }
}

/** Subscribed to an account whose own flood of orders makes more reports than it reads. */
async function slowReader({ target }: Attacked, stopping: AbortSignal): Promise<string> {
  const socket = await RawWebSocket.open(String(target.notifierUrl));
  const session = await TextSession.open(target.orderHandler, ATTACKER);
  try {
    socket.sendText(`40${JSON.stringify({ keyId: ATTACKER, secret: ATTACKER })}`);
    socket.sendText('420["subscribe",{"channel":"orders"}]');
    let readBytes = 0;
    while (!stopping.aborted && !socket.isClosed) {
      for (let order = 0; order < 200; order++)
        session.request(`BUY BTC-USD 0.0001 ${1 + (order % 100)} tif=IOC`).catch(ignoreLost);
      readBytes += await readFor(socket, READ_AGAIN_MS);
    }
    const isTold = socket.received.includes('"lagged"');
    if (socket.isClosed && !isTold) throw new NotRefused("a slow reader was cut without being told that it lagged");
    return `${readBytes} bytes read, ${socket.isClosed ? "cut" : "kept"}, ${isTold ? "told" : "not told"} that it lagged`;
  } finally {
    socket.close();
    session.close();
  }
}

/** Reads until its share is used up, then stands still. */
async function readFor(socket: RawWebSocket, ms: number): Promise<number> {
  const before = socket.receivedBytes;
  socket.readOn();
  const share = (SLOW_BYTES_PER_SECOND * ms) / 1_000;
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs && socket.receivedBytes - before < share) await pausedFor(1);
  socket.stopReading();
  await pausedFor(Math.max(0, untilMs - performance.now()));
  return socket.receivedBytes - before;
}

function ignoreLost(error: unknown): void {
  if (!(error instanceof SessionLost)) throw error;
}
