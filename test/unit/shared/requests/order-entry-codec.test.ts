import { expect } from "chai";
import { parseAssets } from "../../../../src/shared/domain/assets.js";
import { CodecError } from "../../../../src/shared/domain/errors.js";
import { isRefusal, REJECTS } from "../../../../src/shared/domain/rejects.js";
import { epochUs, logId } from "../../../../src/shared/domain/units.js";
import {
  type ClientMessage,
  decodeClientMessage,
  encodeServerMessage,
} from "../../../../src/shared/requests/order-entry-codec.js";
import { decodeMessage, encodeMessage } from "../../../../src/shared/wire/protobuf.js";
import { limitOrder } from "../../../support/order-terms.js";

const registry = parseAssets({
  currencies: { BTC: { decimals: 8, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
  assets: [{ asset: "BTC-USD", tickSize: "0.01", lotSize: "0.0001" }],
});
const rules = { registry, nowMs: () => 1_000, lastPriceTicks: () => null };

const decode = (message: object): ClientMessage =>
  decodeClientMessage(encodeMessage("bourse.v1.ClientMessage", message), rules);

function refusalOf(message: object): string {
  const { request } = decode(message);
  return isRefusal(request) ? `${REJECTS[request.name].code} ${request.text}` : "not refused";
}

const LIMIT = { asset: "BTC-USD", side: 1, type: 1, quantityLots: 5, priceTicks: 7 };
const order = (fields: object) => ({ requestId: 9, newOrder: { ...LIMIT, ...fields } });

/** A field of wire type 0 with a value of up to 64 bits. */
function varintField(id: number, value: bigint): number[] {
  const out = [id << 3];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return [...out, Number(rest)];
}

function orderWithRawField(id: number, value: bigint): Uint8Array {
  const fields = { ...LIMIT, ...(id === 6 ? { quantityLots: null } : {}), ...(id === 7 ? { priceTicks: null } : {}) };
  const inner = [...encodeMessage("bourse.v1.NewOrder", fields), ...varintField(id, value)];
  return Uint8Array.from([8, 9, (3 << 3) | 2, inner.length, ...inner]);
}

describe("order-entry codec", () => {
  describe("reads requests", () => {
    const PLACED = limitOrder("buy", 5, 7);
    const placed = (fields: object) => ({ kind: "order", asset: "BTC-USD", body: { ...PLACED, ...fields } });
    const MARKET = { type: 2, priceTicks: 0 };
    const PLACED_MARKET = { type: "market", timeInForce: "IOC", priceTicks: null };
    const requests: [string, object, object][] = [
      ["a limit order", order({}), placed({})],
      ["a sell", order({ side: 2 }), placed({ side: "sell" })],
      ["a market order", order(MARKET), placed(PLACED_MARKET)],
      ["a stop-limit order", order({ type: 3, stopPriceTicks: 6 }), placed({ type: "stop_limit", stopPriceTicks: 6 })],
      [
        "a market buy by quote amount",
        order({ ...MARKET, quantityLots: 0, quoteBudget: 900 }),
        placed({ ...PLACED_MARKET, quantityLots: null, quoteBudgetUnits: 900 }),
      ],
      [
        "every option",
        order({ displayQuantityLots: 2, minimumQuantityLots: 3, selfTradePrevention: 4, timeInForce: 2 }),
        placed({ displayLots: 2, minimumLots: 3, selfTradePrevention: "decrement", timeInForce: "IOC" }),
      ],
      [
        "a cancel by order id",
        { cancelOrder: { asset: "BTC-USD", orderId: 256 } },
        { kind: "order", asset: "BTC-USD", body: { kind: "cancel", orderId: 256, clientOrderId: null } },
      ],
      [
        "a cancel by client order id",
        { cancelOrder: { asset: "BTC-USD", clientOrderId: "a" } },
        { kind: "order", asset: "BTC-USD", body: { kind: "cancel", orderId: null, clientOrderId: "a" } },
      ],
      [
        "a replace",
        { replaceOrder: { asset: "BTC-USD", orderId: 256, quantityLots: 4, priceTicks: 8 } },
        {
          kind: "order",
          asset: "BTC-USD",
          body: { kind: "replace", orderId: 256, quantityLots: 4, priceTicks: 8, clientOrderId: null, cover: null },
        },
      ],
      [
        "a cancel-all of both sides",
        { cancelAll: { asset: "BTC-USD" } },
        { kind: "order", asset: "BTC-USD", body: { kind: "cancel_all", side: null } },
      ],
      [
        "a cancel-all of one side",
        { cancelAll: { asset: "BTC-USD", side: 2 } },
        { kind: "order", asset: "BTC-USD", body: { kind: "cancel_all", side: "sell" } },
      ],
      [
        "a login",
        { login: { keyId: "k", secret: "s" } },
        { kind: "login", keyId: "k", secret: "s", cancelOnDisconnect: false },
      ],
      ["a heartbeat", { heartbeat: {} }, { kind: "heartbeat" }],
      ["a timer", { cancelTimer: { seconds: 30 } }, { kind: "timer", seconds: 30 }],
      ["a timer that is turned off", { cancelTimer: {} }, { kind: "timer", seconds: 0 }],
    ];
    for (const [name, message, request] of requests)
      it(name, () => expect(decode(message).request).to.deep.equal(request));

    it("the request id and the client order id", () => {
      expect(decode(order({ clientOrderId: "abc" }))).to.include({ requestId: 9, clientOrderId: "abc" });
      expect(decode(order({ clientOrderId: "x".repeat(37) }))).to.include({ clientOrderId: null });
    });

    it("an expiry, in the future only", () => {
      const gtd = (expiresAtMs: number) => order({ timeInForce: 4, expiresAtMs });
      expect(decode(gtd(1_001)).request).to.deep.equal(placed({ timeInForce: "GTD", expiresAtMs: 1_001 }));
      expect(refusalOf(gtd(1_000))).to.match(/^209 expiry /);
      expect(refusalOf(gtd(0))).to.match(/^209 GTD needs an expiry/);
    });
  });

  describe("refuses", () => {
    const refusals: [string, object, RegExp][] = [
      ["no body", { requestId: 1 }, /^201 /],
      ["an unknown asset", order({ asset: "é*>" }), /^202 asset \?\*> is not traded here/],
      ["no side", order({ side: 0 }), /^203 side 0 /],
      ["an unknown side", order({ side: 3 }), /^203 side 3 /],
      ["an unknown side of a cancel-all", { cancelAll: { asset: "BTC-USD", side: 9 } }, /^203 side 9 /],
      ["no quantity", order({ quantityLots: 0 }), /^204 the quantity is missing/],
      ["no price", order({ priceTicks: 0 }), /^205 the price is missing/],
      ["no stop price", order({ type: 3 }), /^205 the stop price is missing/],
      ["a bad client order id", order({ clientOrderId: "a b" }), /^206 client order id a b /],
      ["a cancel of nothing", { cancelOrder: { asset: "BTC-USD" } }, /^206 /],
      ["no order type", order({ type: 0 }), /^207 order type 0 /],
      ["an unknown order type", order({ type: 5 }), /^207 order type 5 /],
      ["an unknown time in force", order({ timeInForce: 5 }), /^207 time in force 5 /],
      ["an unknown self-trade prevention", order({ selfTradePrevention: 6 }), /^207 self-trade prevention 6 /],
      ["a market order with a price", order({ type: 2 }), /^207 a market order has no price/],
      ["a limit order with a stop price", order({ stopPriceTicks: 1 }), /^207 a stop price needs/],
      ["a timer of more than a day", { cancelTimer: { seconds: 86_401 } }, /^207 timer 86401 /],
    ];
    for (const [name, message, text] of refusals) it(name, () => expect(refusalOf(message)).to.match(text));

    for (const value of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])
      it(`${value} as a quantity, a price and an expiry`, () => {
        const codes = ([6, 7, 8, 9, 11, 13, 14] as const).map((id) => {
          const { requestId, request } = decodeClientMessage(orderWithRawField(id, value), rules);
          expect(requestId).to.equal(9);
          return isRefusal(request) ? REJECTS[request.name].code : null;
        });
        expect(codes).to.deep.equal([204, 205, 205, 204, 209, 204, 204]);
      });
  });

  for (const [name, bytes] of [
    ["garbage", [0xde, 0xad, 0xbe, 0xef]],
    ["a truncated message", [(3 << 3) | 2, 20, 1]],
    ["a wrong wire type", [(1 << 3) | 2, 1, 65]],
    ["a request id given twice", [8, 1, 8, 2]],
    ["two bodies", [(7 << 3) | 2, 0, (8 << 3) | 2, 0]],
    ["bad UTF-8", [(2 << 3) | 2, 3, (1 << 3) | 2, 1, 0xff]],
  ] as const)
    it(`does not decode ${name}`, () => {
      expect(() => decodeClientMessage(Uint8Array.from(bytes), rules)).to.throw(CodecError);
    });

  it("writes every response", () => {
    const written = (response: Parameters<typeof encodeServerMessage>[2], clientOrderId: string | null = null) =>
      JSON.parse(
        JSON.stringify(decodeMessage("bourse.v1.ServerMessage", encodeServerMessage(3, clientOrderId, response))),
      );
    const ack = { logId: logId(2 ** 53 - 1), receivedAtUs: epochUs(1), loggedAtUs: epochUs(2) };
    expect(written({ kind: "ack", ...ack }, "a")).to.deep.equal({ requestId: 3, ack: { ...ack, clientOrderId: "a" } });
    expect(written({ kind: "timer_set", seconds: 1, receivedAtUs: epochUs(5) })).to.deep.equal({
      requestId: 3,
      ack: { receivedAtUs: 5 },
    });
    expect(written({ kind: "refused", name: "BUSY", text: "later" }, "a")).to.deep.equal({
      requestId: 3,
      reject: { code: 300, name: "BUSY", text: "later", clientOrderId: "a" },
    });
    expect(written({ kind: "heartbeat" })).to.deep.equal({ requestId: 3, heartbeat: {} });
    const asset = { asset: "BTC-USD", base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" };
    expect(written({ kind: "login_accepted", account: "me", assets: registry.assets.values() })).to.deep.equal({
      requestId: 3,
      loginAccepted: { account: "me", assets: [asset] },
    });
  });
});
