/**
 * node tools/smoke.mjs: starts the built pipeline with this Node, trades once, checks that both owners and Postgres are told
 * the same, and stops it. Short, so that every Node that is shipped can be asked.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { io } from "socket.io-client";

const DEADLINE_MS = 120_000;
const SERVICES = 8;

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "bourse-smoke-"));
chmodSync(folder, 0o755); // as root, Postgres runs as somebody else
let launcher = null;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves with its endpoints. */
async function start() {
  const { NATS_URL: _nats, DATABASE_URL: _database, NODE_ENV: _mode, ...inherited } = process.env;
  const [handler, notifier, gateway, grpc] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const [backOffice, admin] = [await freePort(), await freePort()];
  const ports = {
    ORDER_HANDLER_PORT: handler,
    NOTIFIER_PORT: notifier,
    GATEWAY_PORT: gateway,
    GRPC_PORT: grpc,
    BACK_OFFICE_PORT: backOffice,
    ADMIN_PORT_BASE: Math.min(admin, 65_500 - SERVICES),
  };
  launcher = spawn(process.execPath, [join(root, "dist", "launcher", "main.js")], {
    env: { ...inherited, ...ports, DATA_DIR: folder, LOG_LEVEL: "warn" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const text of launcher.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += text;
    if (!said.includes("bourse ready")) continue;
    launcher.stdout.resume();
    return JSON.parse(readFileSync(join(folder, "endpoints.json"), "utf8"));
  }
  throw new Error(`the pipeline did not start:\n${said}`);
}

/** Resolves with the answers, a line each. */
async function trade({ host, port }, account, order) {
  const socket = connect({ host, port }).setEncoding("utf8");
  socket.write(`LOGIN ${account} ${account}\n${order}\nQUIT\n`);
  let answers = "";
  for await (const text of socket) answers += text;
  if (!/^OK LOGIN .*\nACK \d+ BTC-USD/m.test(answers)) throw new Error(`${order} was answered:\n${answers}`);
}

/** Resolves with the first report of a trade. */
function tradeOf(notifierUrl, account) {
  const socket = io(notifierUrl, { auth: { keyId: account, secret: account } });
  return new Promise((resolve) => {
    const look = ({ reports }) => {
      const report = reports.find(({ event }) => event === "trade");
      if (report === undefined) return;
      socket.close();
      resolve(report);
    };
    socket.on("orders", look);
    socket.on("connect", () => void socket.emitWithAck("subscribe", { channel: "orders", from: 0 }));
  });
}

async function run() {
  const { orderHandler, notifierUrl, databaseUrl } = await start();
  const reports = Promise.all(["random1", "random2"].map((account) => tradeOf(notifierUrl, account)));
  await trade(orderHandler, "random1", "SELL BTC-USD 0.5 64000");
  await trade(orderHandler, "random2", "BUY BTC-USD 0.5 64000");
  const database = new pg.Client(databaseUrl);
  const told = (await reports).map((report) => `${report.lastQuantity} at ${report.lastPrice}, ${report.status}`);
  await database.connect();
  const { rows } = await database.query("select price_ticks::int as price, quantity_lots::int as quantity from trades");
  await database.end();
  const found = [...told, ...rows.map(({ price, quantity }) => `${quantity} lots at ${price} ticks`)].join("; ");
  if (found !== "0.5 at 64000.00, filled; 0.5 at 64000.00, filled; 5000 lots at 6400000 ticks")
    throw new Error(`the trade was told otherwise: ${found}`);
  launcher.kill("SIGINT");
  const [code] = await once(launcher, "exit");
  if (code !== 0) throw new Error(`it ended with ${code}`);
}

const deadline = setTimeout(() => fail(new Error(`not done after ${DEADLINE_MS} ms`)), DEADLINE_MS);

function fail(error) {
  console.error(`smoke, Node ${process.version}: ${error.message}`);
  launcher?.kill("SIGKILL"); // its services and servers end with it
  process.exitCode = 1;
  setTimeout(() => process.exit(1), 5_000).unref();
}

await run().then(() => console.log(`smoke, Node ${process.version}: started, traded, reported, stopped`), fail);
clearTimeout(deadline);
rmSync(folder, { recursive: true, force: true });
