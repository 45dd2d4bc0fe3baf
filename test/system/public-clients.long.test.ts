import { spawn } from "node:child_process";
import { join } from "node:path";
import { MainClient, WebsocketAPIClient, WebsocketClient } from "binance";
import { expect } from "chai";
import Binance from "node-binance-api";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { eventually, until } from "../support/eventually.js";
import { BourseUnderTest } from "./bourse-under-test.js";
import { type CcxtClient, ccxtClient } from "./public-clients.js";

/** Clients that nobody here wrote, on the real pipeline. */
describe("public clients", function () {
  this.timeout(180_000);
  let bourse: BourseUnderTest;
  let urls: { readonly http: string; readonly ws: string };
  const key = { api_key: "random1", api_secret: "random1" };
  const silent = { trace() {}, info() {}, error() {} };
  const endings: (() => unknown)[] = [];

  before(async () => {
    bourse = await BourseUnderTest.start();
    const http = `${bourse.endpoints.gatewayUrl}/binance`;
    urls = { http, ws: http.replace(/^http/, "ws") };
  });
  afterEach(async () => {
    for (const end of endings.splice(0)) await end();
  });
  after(() => bourse?.interrupt());

  it("binance: orders, cancels, market and user streams", async () => {
    const client = new MainClient({ ...key, baseUrl: urls.http, disableTimeSync: true });
    const streams = new WebsocketClient({ ...key, wsUrl: `${urls.ws}/ws` }, silent);
    const api = new WebsocketAPIClient({ ...key, wsUrl: urls.ws, attachEventListeners: false, beautify: true }, silent);
    endings.push(
      () => streams.closeAll(true),
      () => api.getWSClient().closeAll(true),
    );
    const [market, own]: [string[], string[]] = [[], []];
    streams.on("message", (event) => market.push(String((event as { e?: unknown }).e)));
    api.getWSClient().on("formattedUserDataMessage", (event) => own.push(event.eventType));
    await streams.subscribe(["btcusd@trade", "btcusd@depth@100ms", "btcusd@kline_1m", "btcusd@ticker"], "main");
    await api.subscribeUserDataStream("mainWSAPI");
    const order = (price = 64_000) =>
      ({
        symbol: "BTCUSD",
        side: "SELL",
        type: "LIMIT",
        timeInForce: "GTC",
        quantity: 0.1,
        price,
      }) as const;
    // Levels and balances are told as they are at the end of a window, and levels only from the book that a stream began
    // with: an order may be in that book, and what came and went within a window is told to nobody.
    let price = 70_000;
    await until("the events of orders that rest", async () => {
      await client.submitNewOrder({ ...order(price++), quantity: 0.001 });
      return (
        ["depthUpdate", "24hrTicker"].every((event) => market.includes(event)) &&
        ["executionReport", "outboundAccountPosition"].every((event) => own.includes(event))
      );
    });
    await client.cancelAllSymbolOrders({ symbol: "BTCUSD" });
    own.length = 0;
    const placed = (await client.submitNewOrder(order())) as { orderId: number };
    expect(await client.getOrder({ symbol: "BTCUSD", orderId: placed.orderId })).to.include({ status: "NEW" });
    expect(await client.cancelOrder({ symbol: "BTCUSD", orderId: placed.orderId })).to.include({ status: "CANCELED" });
    const again = await client
      .cancelOrder({ symbol: "BTCUSD", orderId: placed.orderId })
      .catch((error: unknown) => error);
    expect(again).to.include({ code: -2011 });
    const overWs = await api.submitNewSpotOrder({ ...order(), timestamp: Date.now() } as never);
    expect(overWs.result).to.include({ status: "NEW" });
    await client.submitNewOrder({
      symbol: "BTCUSD",
      side: "BUY",
      type: "MARKET",
      quantity: 0.1,
      selfTradePreventionMode: "EXPIRE_MAKER",
    });
    await until("reports of all that", () => own.filter((event) => event === "executionReport").length >= 5);
  });

  it("node-binance-api: orders, cancels, market and user streams", async () => {
    const ann = await ccxtClient(bourse.endpoints.gatewayUrl, "random1");
    endings.push(() => ann.close());
    await ann.loadMarkets();
    await ann.createOrder("BTC/USD", "limit", "sell", 0.1, 64_000);
    const client = new Binance().options({
      APIKEY: "random2",
      APISECRET: "random2",
      reconnect: false,
      urls: {
        base: `${urls.http}/api/`,
        sapi: `${urls.http}/sapi/`,
        stream: `${urls.ws}/ws/`,
        combineStream: `${urls.ws}/stream?streams=`,
      },
    });
    client.wsApi = `${urls.ws}/ws-api/v3`;
    const [prices, own]: [unknown[], unknown[]] = [[], []];
    await new Promise<unknown>((subscribed) => {
      client.websockets.userData(
        () => {},
        () => {},
        (event: { x: string }) => own.push(event.x),
        subscribed,
      );
    });
    client.websockets.trades(["BTCUSD"], ({ p }: { p: string }) => prices.push(p));
    endings.push(() => {
      for (const id of Object.keys(client.websockets.subscriptions())) client.websockets.terminate(id);
      client.Options.reconnect = false;
      for (const each of Object.values(client.wsApiConnections)) {
        const socket = each as { reconnect: boolean; terminate(): void };
        socket.reconnect = false; // or it comes back for ever, and at once
        socket.terminate();
      }
    });
    await eventually("the stream", () => (Object.keys(client.websockets.subscriptions()).length > 0 ? true : null));
    expect(await client.marketBuy("BTCUSD", 0.1)).to.include({ status: "FILLED" });
    const resting = await client.buy("BTCUSD", 0.01, 50_000);
    expect((await client.openOrders("BTCUSD")).map(({ orderId }) => orderId)).to.deep.equal([resting.orderId]);
    expect(await client.cancel("BTCUSD", String(resting.orderId))).to.include({ status: "CANCELED" });
    expect((await client.prices())["BTCUSD"]).to.equal("64000.00");
    await eventually("its events", () => (own.includes("TRADE") && own.includes("CANCELED") ? true : null));
    expect(own.slice(0, 2)).to.deep.equal(["NEW", "TRADE"]);
  });

  it("examples/ccxt-bot.mjs quotes, is filled, and survives a restart of everything, itself too", async () => {
    const { gatewayUrl } = bourse.endpoints;
    const start = () => {
      const bot = spawn(process.execPath, [
        join(projectRoot, "examples", "ccxt-bot.mjs"),
        gatewayUrl,
        "BTC/USD",
        "random1",
      ]);
      let said = "";
      bot.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
      endings.push(() => bot.kill("SIGKILL"));
      return { bot, said: () => said };
    };
    const filled = (bot: ReturnType<typeof start>) => bot.said().match(/^filled: sell/gm)?.length ?? 0;
    const bob = await ccxtClient(gatewayUrl, "random2");
    endings.push(() => bob.close());
    await bob.loadMarkets();
    const buy = () => bob.createOrder("BTC/USD", "market", "buy", 0.01).catch(() => null);
    const first = start();
    await eventually("both quotes", () => (/quotes: buy[\s\S]*quotes: sell/.test(first.said()) ? true : null));
    await buy();
    await eventually("a fill", () => (filled(first) === 1 ? true : null));
    await bourse.interrupt();
    await bourse.start();
    await eventually("a fill after the restart", async () =>
      (await buy()) !== null && filled(first) > 1 ? true : null,
    );
    first.bot.kill("SIGKILL");
    const second = start();
    await eventually("a fill of the next bot", async () =>
      (await buy()) !== null && filled(second) > 0 ? true : null,
    );
    second.bot.kill("SIGKILL");
    const ann = await ccxtClient(gatewayUrl, "random1");
    endings.push(() => ann.close());
    await ann.loadMarkets();
    const sides = (await ann.fetchOpenOrders("BTC/USD")).map(({ side }: CcxtClient) => side);
    expect(sides.length).to.equal(new Set(sides).size);
  });
});
