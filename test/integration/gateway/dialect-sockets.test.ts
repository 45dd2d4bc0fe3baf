/** The WebSockets of other systems' dialects, on the real pipeline. */
import { once } from "node:events";
import { expect } from "chai";
import sinon from "sinon";
import { WebSocket } from "ws";
import { binance } from "../../../src/gateway/binance/binance.js";
import { dialects } from "../../../src/gateway/dialects/dialects.js";
import { startRustExchangeSocket } from "../../../src/gateway/dialects/rust-crypto-exchange-socket.js";
import { v1 } from "../../../src/gateway/v1/v1.js";
import { freePort } from "../../../src/launcher/free-port.js";
import { until } from "../../support/eventually.js";
import { ANN, BOB, buy, PipelineUnderTest, sell } from "../pipeline/pipeline-under-test.js";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.js";

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a message
type Message = any;

class Client {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;
  closed: number | null = null;

  constructor(url: string, key?: string) {
    const authorization = `Basic ${Buffer.from(`${key}:${key}`).toString("base64")}`;
    this.socket = new WebSocket(url, { headers: key === undefined ? {} : { authorization } });
    this.socket.on("message", (data) => {
      const text = data.toString();
      this.messages.push(/^\{.*\}$/.test(text) ? JSON.parse(text) : text);
    });
    this.socket.on("error", () => undefined);
    this.socket.on("close", (code) => {
      this.closed = code;
    });
  }

  send(message: object | string): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  async next(what: string, isIt: (message: Message) => boolean): Promise<Message> {
    await until(what, () => this.messages.some(isIt));
    return this.messages.find(isIt);
  }

  ofType(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }
}

describe("the WebSockets of other systems", () => {
  let pipeline: PipelineUnderTest;
  let gateway: GatewayUnderTest;
  let rust: string;
  let http: string;
  const clients: Client[] = [];
  const open = async (url: string, key?: string) => {
    const client = new Client(url, key);
    clients.push(client);
    await once(client.socket, "open");
    return client;
  };

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
    const changed = { rustExchangeWsPort: await freePort() };
    gateway = await startGateway(pipeline, changed, [...v1, binance, ...dialects]);
    rust = `ws://127.0.0.1:${await startRustExchangeSocket(gateway.context)}/`;
    http = gateway.url.replace("http", "ws");
    for (const asset of ["KCN-EUR", "SOL-USDC", "BTC-USD"])
      await until("the book is known", () => gateway.context.market.depth(asset, 10) !== null);
  });
  after(async () => {
    for (const { socket } of clients) socket.terminate();
    await gateway.stop();
    await pipeline.stop();
  });

  describe("mExchange's", () => {
    const channel = "book.KCN/EUR.none.10.100ms";
    const bid = { type: "place_order", side: "bid", order_type: "limit", price: 1.5, quantity: "2" };

    it("takes orders and cancels of a key, and tells its account what becomes of them", async () => {
      const [ann, bob] = [await open(`${http}/ws`, "ann"), await open(`${http}/ws`)];
      bob.send({ type: "login", authorization: `Basic ${Buffer.from("bob:bob").toString("base64")}` });
      expect(await bob.next("a login", ({ type }) => type === "logged_in")).to.include({ account: "bob" });
      const id = "f47ac10b-58cc-4372-a567-0e02b2c3d479";
      ann.send({ ...bid, order_id: id });
      const accepted = await ann.next("the order", ({ type }) => type === "order_accepted");
      expect(accepted).to.include({
        client_order_id: id,
        symbol: "KCN/EUR",
        side: "bid",
        price: "1.50",
        quantity: "2",
      });
      bob.send({ type: "orders", orders: [{ side: "ask", order_type: "limit", price: "1.50", quantity: 0.5 }] });
      expect(await bob.next("the fill", ({ type }) => type === "fill")).to.include({ price: "1.50", quantity: "0.5" });
      await bob.next("its end", ({ type }) => type === "order_filled");
      expect(await ann.next("the fill", ({ type }) => type === "fill")).to.include({ buy_order_id: accepted.order_id });
      const shown = await gateway.ask("GET", `/api/orders/${accepted.order_id}`, { key: "ann" });
      expect(shown.json).to.include({ id: accepted.order_id, filled_quantity: "0.5" });
      ann.send({ type: "cancel_order", order_id: id });
      const cancelled = await ann.next("the cancel", ({ type }) => type === "order_cancelled");
      expect(cancelled).to.include({ order_id: accepted.order_id, filled_quantity: "0.5" });
      expect([ann.ofType("order_accepted"), bob.ofType("order_cancelled")].map(({ length }) => length)).to.deep.equal([
        1, 0,
      ]);
    });

    it("says in time that a login has to be tried again where nobody can tell the account's orders, and then lets it be tried", async () => {
      let followers = 0;
      const follow = sinon.stub(gateway.context.market, "follow").callsFake(() => {
        followers += 1;
        return () => {
          followers -= 1;
        };
      });
      const bob = await open(`${http}/ws`);
      const login = { type: "login", authorization: `Basic ${Buffer.from("bob:bob").toString("base64")}` };
      bob.send(login);
      const refused = await bob.next("the refusal", ({ type }) => type === "error");
      expect([refused.request, refused.name, followers]).to.deep.equal(["login", "UNAVAILABLE", 0]);
      follow.restore();
      bob.send(login);
      await bob.next("the login", ({ type }) => type === "logged_in");
    });

    it("tells a book that is its engine's, in steps, first all of it", async () => {
      const early = await open(`${http}/ws`);
      early.send({ action: "subscribe", channel });
      await pipeline.log("KCN-EUR", buy(ANN, 5, 90), buy(ANN, 5, 80), sell(BOB, 3, 110));
      const book = () => gateway.context.market.depth("KCN-EUR", 10);
      await until("all is in the book", () => book()?.asks.length === 1 && book()?.bids.length === 2);
      const late = await open(`${http}/ws`);
      late.send({ action: "subscribe", channel });
      await late.next("the book", ({ notification }) => notification.ask_changes.length > 0);
      await pipeline.log("KCN-EUR", sell(BOB, 5, 90), sell(BOB, 1, 110));
      const folded = (client: Client) => {
        const sides = { bid_changes: new Map<number, number>(), ask_changes: new Map<number, number>() };
        for (const { notification } of client.messages)
          for (const [side, levels] of Object.entries(sides))
            for (const [price, before, now] of notification[side]) {
              expect(levels.get(price) ?? 0).to.equal(before);
              if (now === 0) levels.delete(price);
              else levels.set(price, now);
            }
        return [[...sides.bid_changes], [...sides.ask_changes]];
      };
      await until("the trade is in the book", () => book()?.bids.length === 1);
      const expected = [book()?.bids, book()?.asks].map((side) => side?.map((level) => level.map(Number)));
      for (const client of [early, late])
        await until("the client has the same book", () => JSON.stringify(folded(client)) === JSON.stringify(expected));
      const { notification } = await late.next("the trade", ({ notification }) =>
        notification.trades.some(({ price }: Message) => price === 0.9),
      );
      expect(notification.trades.at(-1)).to.include({ price: 0.9, side: "sell" });
      await late.next("the last day", ({ notification }) => notification.stats_24h?.last_price === 0.9);
      expect(late.messages.at(-1).notification.total_ask_amount).to.equal(Number(book()?.asks[0]?.[1]));
    });

    it("refuses, by name, what it can't do, and other accounts' orders as those that nobody has", async () => {
      const [stranger, ann, bob] = [
        await open(`${http}/ws`),
        await open(`${http}/ws`, "ann"),
        await open(`${http}/ws`, "bob"),
      ];
      stranger.send(bid);
      expect(await stranger.next("a refusal", () => true)).to.include({
        name: "LOGIN_REQUIRED",
        request: "place_order",
      });
      ann.send(bid);
      const { order_id } = await ann.next("the order", ({ type }) => type === "order_accepted");
      const unknown = order_id.replace(/.{4}$/, "ffff");
      for (const id of [order_id, unknown, "no-such-order"]) bob.send({ type: "cancel_order", order_id: id });
      await until("three refusals", () => bob.ofType("error").length === 3);
      for (const error of bob.ofType("error"))
        expect(error).to.include({ name: "UNKNOWN_ORDER", error: "Order not found", request: "cancel_order" });
      for (const [message, name] of [
        ["no JSON", "MALFORMED_MESSAGE"],
        ["[]", "MALFORMED_MESSAGE"],
        [{ type: "dance" }, "MALFORMED_MESSAGE"],
        [{ ...bid, prize: 1 }, "UNSUPPORTED_COMBINATION"],
        ['{"type":"place_order","side":"bid","side":"ask"}', "UNSUPPORTED_COMBINATION"],
        [{ ...bid, symbol: "NO/NE" }, "UNKNOWN_ASSET"],
        ['{"type":"place_order","side":"bid","order_type":"limit","price":1e-7,"quantity":1}', "INVALID_PRICE"],
        [{ ...bid, side: "buy" }, "INVALID_SIDE"],
        [{ action: "subscribe", channel: "book.NO/NE.none.10.100ms" }, "UNKNOWN_ASSET"],
        [{ action: "subscribe", channel: "book.KCN/EUR.none.10.1ms" }, "UNKNOWN_COMMAND"],
        [{ type: "login", authorization: "Basic x" }, "LOGIN_REJECTED"],
      ] as const) {
        bob.messages.length = 0;
        bob.send(message);
        expect(await bob.next("a refusal", () => true), JSON.stringify(message)).to.include({ type: "error", name });
      }
      bob.socket.send(Buffer.from([1]));
      await bob.next("a refusal", ({ error }) => error === "messages are text: JSON");
    });
  });

  describe("the Rust Crypto Exchange's", () => {
    it("tells trades and the book of a market to who subscribes, and no more after UNSUBSCRIBE", async () => {
      const [one, other] = [await open(rust), await open(rust)];
      one.send({ message_type: "SUBSCRIBE", channel: "trade@SOL_USDC" });
      one.send({ message_type: "SUBSCRIBE", channel: "depth@SOL_USDC" });
      other.send("SUBSCRIBE trade@SOL_USDC");
      await one.next("the book", ({ Depth }) => Depth !== undefined);
      await pipeline.log("SOL-USDC", sell(ANN, 5, 90), buy(BOB, 2, 90));
      for (const client of [one, other]) {
        const { Trade } = await client.next("the trade", ({ Trade }) => Trade !== undefined);
        expect(Trade).to.deep.equal([{ e: "trade", t: 1, p: "0.090", q: "0.02", s: "SOL_USDC" }]);
      }
      await one.next("the book", ({ Depth }) => Depth?.depth.asks[0]?.[1] === "0.03");
      other.send("UNSUBSCRIBE trade@SOL_USDC");
      other.send({ message_type: "DANCE", channel: "x" });
      await other.next("an answer", (message) => message === '{"message_type":"DANCE","channel":"x"} is unhandled');
      await pipeline.log("SOL-USDC", buy(BOB, 3, 90));
      await until("the second trade", () => one.messages.filter(({ Trade }) => Trade !== undefined).length === 2);
      await one.next("the empty level", ({ Depth }) => Depth?.depth.asks[0]?.[1] === "0");
      expect(other.messages.filter(({ Trade }) => Trade !== undefined)).to.have.length(1);
    });

    it("answers what is no message with the texts that clients know, and no other path", async () => {
      const client = await open(rust);
      for (const [message, answer] of [
        ["hello", "Invalid Message !"],
        ['{"message_type":"SUBSCRIBE"}', "Invalid Message !"],
        ["null", "Invalid Message !"],
        ["SUBSCRIBE trade@NO_NE", "trade@NO_NE is not a channel: trade@SOL_USDC, depth@SOL_USDC"],
        ["SUBSCRIBE ticker@SOL_USDC", "ticker@SOL_USDC is not a channel: trade@SOL_USDC, depth@SOL_USDC"],
      ]) {
        client.messages.length = 0;
        client.send(message as string);
        expect(await client.next("an answer", () => true)).to.equal(answer);
      }
      const wrong = new WebSocket(`${rust}other`);
      const [error] = (await once(wrong, "error")) as [Error];
      expect(error.message).to.include("404");
      expect((await fetch(rust.replace("ws", "http"))).status).to.equal(426);
    });
  });

  it("Binance's streams of so many levels are told whenever they change", async () => {
    const client = await open(`${http}/binance/ws/btcusd@depth5`);
    await client.next("the book", ({ bids }) => bids !== undefined);
    await pipeline.log("BTC-USD", buy(ANN, 5, 90));
    await client.next("the order", ({ bids }) => bids[0]?.[0] === "0.90");
  });

  it("end who sends a frame too large, or too many messages; and leave none open whom nobody takes", async () => {
    for (const url of [`${http}/ws`, rust, `${http}/binance/ws`]) {
      const large = await open(url);
      large.send("x".repeat(20_000));
      await until("it is closed", () => large.closed !== null);
      expect(large.closed, url).to.equal(1009);
      const fast = await open(url);
      for (let at = 0; at < 700; at++) fast.send(`{"id":${at}}`);
      await until("it is closed", () => fast.closed !== null);
      expect(fast.closed, url).to.equal(1008);
    }
    for (const path of ["/", "//", "/ws/", "/nothing", "/binance/other", "/ws%2f"]) {
      const wrong = new WebSocket(`${http}${path}`);
      const [error] = (await once(wrong, "error")) as [Error];
      expect(error.message, path).to.include("404");
    }
    expect((await gateway.ask("GET", "/v1/time")).status).to.equal(200);
  });

  it("take 10,000 subscriptions of nobody", async () => {
    const client = await open(`${http}/binance/ws`);
    const names = (from: number) => Array.from({ length: 400 }, (_, at) => `btcusd@kline_${from + at}m`);
    for (let at = 0; at < 10_000; at += 400) client.send({ id: at, method: "SUBSCRIBE", params: names(at) });
    await until("all are answered", () => client.messages.length === 25);
    const other = await open(rust);
    for (let at = 0; at < 400; at++) other.send(`SUBSCRIBE trade@SOL_${at}`);
    await until("all are answered", () => other.messages.length === 400);
    expect(other.messages[399]).to.include("is not a channel");
  });
});
