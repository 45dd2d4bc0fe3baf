import { expect } from "chai";
import fc from "fast-check";
import { parseAssets } from "../../../src/shared/domain/assets.js";
import { decodeMessage, encodeMessage } from "../../../src/shared/wire/protobuf.js";
import { binaryDialect, type Dialect, textDialect } from "../../../tools/load/dialect.js";
import type { PlannedOrder } from "../../../tools/load/order-flow.js";
import type { Response } from "../../../tools/load/response.js";

const assets = [
  ...parseAssets({
    currencies: { BTC: { decimals: 8, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
    assets: [{ asset: "BTC-USD", tickSize: "0.01", lotSize: "0.0001" }],
  }).assets.values(),
];
const resting: PlannedOrder = {
  kind: "resting",
  assetIndex: 0,
  side: "buy",
  priceTicks: 6_400_001,
  quantityLots: 5,
  stopPriceTicks: 6_400_100,
  displayLots: 2,
  orderId: 0,
};
const decoded = (frame: Buffer): unknown => {
  expect(frame.readUInt32BE(0)).to.equal(frame.length - 4);
  return decodeMessage("bourse.v1.ClientMessage", frame.subarray(4));
};
const server = (message: object): Buffer => {
  const body = Buffer.from(encodeMessage("bourse.v1.ServerMessage", message));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
};
const readAll = (dialect: Dialect, ...chunks: Buffer[]): Response[] => {
  const reader = dialect.reader();
  const responses: Response[] = [];
  for (const chunk of chunks) reader.push(chunk, (response) => responses.push({ ...response }));
  return responses;
};

describe("the load generator's binary dialect", () => {
  const dialect = binaryDialect(assets);

  it("writes what the generated code reads: a login, an order, a cancel", () => {
    expect(decoded(dialect.login("random1", "word"))).to.have.nested.property("login.secret", "word");
    const order = (decoded(dialect.request({ ...resting, kind: "crossing" }, "load-1")) as { newOrder: object })
      .newOrder;
    expect(order).to.include({
      asset: "BTC-USD",
      side: 1,
      type: 1,
      timeInForce: 2,
      quantityLots: 5,
      priceTicks: 6_400_001,
    });
    expect(order).to.include({ clientOrderId: "load-1" });
    const cancel = { ...resting, kind: "cancel" as const, orderId: 2 ** 52 + 1 };
    expect((decoded(dialect.request(cancel, "")) as { cancelOrder: object }).cancelOrder).to.include({
      orderId: 2 ** 52 + 1,
    });
  });

  it("writes replaces, stops and icebergs", () => {
    const of = (order: Partial<PlannedOrder>) => decoded(dialect.request({ ...resting, ...order }, "a1")) as Decoded;
    type Decoded = { readonly newOrder: object; readonly replaceOrder: object };
    const terms = { asset: "BTC-USD", quantityLots: 5, priceTicks: 6_400_001, clientOrderId: "a1" };
    expect(of({ kind: "replace", orderId: 256 }).replaceOrder).to.include({ ...terms, orderId: 256 });
    expect(of({ kind: "stop" }).newOrder).to.include({ ...terms, type: 3, stopPriceTicks: 6_400_100 });
    expect(of({ kind: "iceberg" }).newOrder).to.include({ ...terms, type: 1, displayQuantityLots: 2 });
    expect(of({ kind: "resting" }).newOrder).to.include({ ...terms, stopPriceTicks: 0, displayQuantityLots: 0 });
  });

  it("reads what the generated code writes, in pieces of any size", () => {
    const all = Buffer.concat([
      server({ loginAccepted: { account: "random1", assets: [] } }),
      server({ requestId: 5, ack: { logId: 2 ** 52 + 3, receivedAtUs: 1_700_000_000_000_000, loggedAtUs: 1 } }),
      server({ reject: { code: 300, name: "BUSY", text: "the queue is full" } }),
      server({ heartbeat: {} }),
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 80 }), (sizes) => {
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(all.subarray(at, at + size));
          at += size;
        }
        const responses = readAll(dialect, ...chunks, all.subarray(at));
        expect(responses.map(({ kind }) => kind)).to.deep.equal(["login", "ack", "reject", "other"]);
        expect(responses[1]).to.include({ logId: 2 ** 52 + 3 });
        expect(responses[2]).to.include({ code: 300, text: "the queue is full" });
      }),
    );
  });
});

describe("the load generator's text dialect", () => {
  const dialect = textDialect(assets);

  it("writes lines as people do", () => {
    expect(String(dialect.request(resting, ""))).to.equal("BUY BTC-USD 0.0005 64000.01\n");
    expect(String(dialect.request({ ...resting, kind: "crossing", side: "sell" }, "a1"))).to.equal(
      "SELL BTC-USD 0.0005 64000.01 tif=IOC id=a1\n",
    );
    expect(String(dialect.request({ ...resting, kind: "cancel", orderId: 768 }, ""))).to.equal("CANCEL BTC-USD 768\n");
    const line = (kind: PlannedOrder["kind"]) => String(dialect.request({ ...resting, kind, orderId: 768 }, "a1"));
    expect(line("replace")).to.equal("REPLACE BTC-USD 768 0.0005 64000.01 id=a1\n");
    expect(line("stop")).to.equal("BUY BTC-USD 0.0005 64000.01 stop=64001 id=a1\n");
    expect(line("iceberg")).to.equal("BUY BTC-USD 0.0005 64000.01 display=0.0002 id=a1\n");
  });

  it("reads answers, cut anywhere", () => {
    const responses = readAll(
      dialect,
      Buffer.from("OK LOGIN random1\nACK 25"),
      Buffer.from("6 BTC-USD\nREJ 300 BUSY full\n"),
    );
    expect(responses.map(({ kind }) => kind)).to.deep.equal(["login", "ack", "reject"]);
    expect(responses[1]).to.include({ logId: 256 });
    expect(responses[2]).to.include({ code: 300 });
  });
});
