/**
 * Imitates the Rust Crypto Exchange's WebSocket (VK-RED/exchange, crate wss) on a port of its own, at `/`:
 * `{"message_type": "SUBSCRIBE", "channel": "trade@SOL_USDC"}`, or the line `SUBSCRIBE trade@SOL_USDC`, and UNSUBSCRIBE; channels `trade@` and
 * `depth@`. Trades come as `{"Trade": [{"e": "trade", t, p, q, s}]}`, the book as `{"Depth": {"depth": {bids, asks}}}`: what changed, and at
 * first all of it. What is no such message is answered with the texts that it has there. Nobody logs in.
 */
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { DepthSnapshot } from "../../shared/channels/depth-view.js";
import type { TradeJson } from "../../shared/channels/trades-channel.js";
import { isRefusal } from "../../shared/domain/rejects.js";
import { beforeDeadline } from "../../shared/process/waits.js";
import { findAsset } from "../../shared/requests/order-rules.js";
import type { GatewayContext } from "../context.js";
import { followSteadily } from "../sockets/follow-steadily.js";
import { PlainSocket } from "../sockets/plain-socket.js";
import { type Topic, Topics } from "../sockets/topics.js";
import { Upgrades } from "../sockets/upgrades.js";

const DEPTH_LEVELS = 1_000;
/** What is longer is no message. */
const MESSAGE_LENGTH_MAX = 1_000;
const STOP_MS = 3_000;

interface Trades {
  readonly trades: readonly TradeJson[];
}
type Levels = Pick<DepthSnapshot, "bids" | "asks">;

interface Feed extends Topic {
  /** What who subscribes is told first; null: nothing. */
  readonly first: () => string | null;
}

/** Opens the port, if there is to be one, and closes it when the service stops. Returns the port. */
export async function startRustExchangeSocket(context: GatewayContext): Promise<number | null> {
  const { config, orderEntry, service } = context;
  const { rustExchangeWsPort: port, host, tls, sockets: limits, proxies } = config;
  if (port === 0) return null;
  const { headersTimeoutMs: headersTimeout, headerBytesMax: maxHeaderSize } = config.http;
  const options = { headersTimeout, maxHeaderSize, requestTimeout: config.http.requestTimeoutMs };
  const server = tls === null ? createServer(options) : createTlsServer({ ...options, ...tls });
  server.on("request", (_request, response) => {
    response.writeHead(426, { upgrade: "websocket", connection: "close" }).end("this port speaks WebSocket, at /\n");
  });
  const sockets = serveRustExchange(server, context, { limits, proxies, isClosed: () => orderEntry.isClosed });
  service.onStop("Rust exchange's WebSocket", async () => {
    for (const socket of sockets) socket.goAway();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await beforeDeadline(closed, STOP_MS).catch(() => server.closeAllConnections());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new Error(`the port ${host}:${port} can't be opened; set GATEWAY_RUST_EXCHANGE_WS_PORT to a free one`, {
          cause,
        }),
      ),
    );
    server.listen({ host, port }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Returns its connections. */
function serveRustExchange(
  server: Server,
  context: GatewayContext,
  options: ConstructorParameters<typeof Upgrades>[1],
): ReadonlySet<PlainSocket> {
  const feeds = new Topics((name) => feedOf(context, name), context.config.market.subscriptionsPerConnectionMax);
  const sockets = new Set<PlainSocket>();
  const subscribe = (socket: PlainSocket, channel: string): string | null => {
    const feed = feeds.listen(channel, socket);
    if (feed === "unknown") return `${channel} is not a channel: trade@SOL_USDC, depth@SOL_USDC`;
    return feed === "too many" ? "too many channels for a connection: unsubscribe from one" : feed.first();
  };
  const answerTo = (socket: PlainSocket, text: string): string | null => {
    const asked = messageIn(text);
    if (asked === null) return "Invalid Message !";
    if (asked.word === "SUBSCRIBE") return subscribe(socket, asked.channel);
    if (asked.word !== "UNSUBSCRIBE") return `${text} is unhandled`;
    feeds.forget(asked.channel, socket);
    return null;
  };
  new Upgrades(server, options).take((path) => {
    if (path !== "/") return null;
    return (opened) => {
      const socket = new PlainSocket(opened, (own) => ({
        receive: (text) => {
          const answer = answerTo(own, (text ?? "").slice(0, MESSAGE_LENGTH_MAX));
          if (answer !== null) own.sendText(answer);
        },
        closed: () => {
          sockets.delete(own);
          feeds.forgetAll(own);
        },
      }));
      sockets.add(socket);
    };
  });
  return sockets;
}

/** Null: it is no message. */
function messageIn(text: string): { readonly word: string; readonly channel: string } | null {
  const [, word, channel] = /^\s*([A-Z]+)\s+(\S+)\s*$/.exec(text) ?? [];
  if (word !== undefined && channel !== undefined) return { word, channel };
  try {
    const { message_type, channel } = JSON.parse(text) as Record<string, unknown>;
    return typeof message_type === "string" && typeof channel === "string" ? { word: message_type, channel } : null;
  } catch {
    return null;
  }
}

/** Null: there is no such channel. */
function feedOf({ registry, market, service }: GatewayContext, name: string): Feed | null {
  const [, kind, symbol = ""] = /^(trade|depth)@([A-Z0-9]{1,20}[_-][A-Z0-9]{1,20})$/.exec(name) ?? [];
  const asset = findAsset(registry, symbol.replace("_", "-"));
  if (kind === undefined || isRefusal(asset)) return null;
  const listeners = new Set<PlainSocket>();
  const following = {
    onEvent: (payload: object) => {
      const text = kind === "trade" ? tradesText(payload as Trades, symbol) : depthText(payload as Levels);
      for (const listener of listeners) listener.sendText(text);
    },
  };
  const asked = kind === "trade" ? { channel: "trades" } : { channel: "depth", depth: DEPTH_LEVELS };
  const end = followSteadily(market, { ...asked, asset: asset.asset }, following, service.stopping);
  const book = () => (kind === "trade" ? null : market.depth(asset.asset, DEPTH_LEVELS));
  return { listeners, end, first: () => depthOrNull(book()) };
}

function tradesText({ trades }: Trades, symbol: string): string {
  const told = trades.map(({ tradeId, price, quantity }) => ({
    e: "trade",
    t: tradeId,
    p: price,
    q: quantity,
    s: symbol,
  }));
  return JSON.stringify({ Trade: told });
}

function depthText({ bids, asks }: Levels): string {
  return JSON.stringify({ Depth: { depth: { bids, asks } } });
}

function depthOrNull(book: Levels | null): string | null {
  return book === null ? null : depthText(book);
}
