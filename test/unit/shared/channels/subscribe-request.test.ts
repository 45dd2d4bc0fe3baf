import { expect } from "chai";
import fc from "fast-check";
import { parseOrdersRequest } from "../../../../src/shared/channels/orders-request.js";
import { parseSubscribeRequest } from "../../../../src/shared/channels/subscribe-request.js";

const ASSETS = new Map([
  ["BTC-USD", {}],
  ["ETH-USD", {}],
]);
const CHANNELS = [
  { name: "trades", fields: [] },
  { name: "orders", fields: ["from", "next"] },
  { name: "balances", fields: [] },
];

/** As the connection and then the channel `orders` check it. */
function parse(input: unknown) {
  const asked = parseSubscribeRequest(input, { channels: CHANNELS, assets: ASSETS });
  if ("name" in asked || asked.channel.name !== "orders") return asked;
  const request = parseOrdersRequest(asked.fields);
  return "name" in request ? request : { ...asked, request };
}
const [TRADES, ORDERS, BALANCES] = CHANNELS;

describe("a subscribe request", () => {
  it("for trades names a known asset", () => {
    const asked = { channel: TRADES, asset: "BTC-USD", fields: {} };
    expect(parse({ channel: "trades", asset: "BTC-USD" })).to.deep.equal(asked);
  });

  it("for orders may say from where", () => {
    for (const from of [undefined, 0, 17]) {
      const fields = from === undefined ? {} : { from };
      const request = { kind: "subscribe", fromSequence: from ?? null };
      expect(parse({ channel: "orders", ...fields })).to.deep.equal({ channel: ORDERS, asset: null, fields, request });
    }
  });

  it("for orders may ask for the next page", () => {
    const fields = { next: "BTC-USD/512" };
    const request = { kind: "page", after: { asset: "BTC-USD", orderId: 512 } };
    expect(parse({ channel: "orders", ...fields })).to.deep.equal({ channel: ORDERS, asset: null, fields, request });
  });

  it("for balances says nothing more", () => {
    expect(parse({ channel: "balances" })).to.deep.equal({ channel: BALANCES, asset: null, fields: {} });
  });

  const refusals: [string, unknown, string, RegExp][] = [
    ["nothing", undefined, "MALFORMED_MESSAGE", /give an object/],
    ["null", null, "MALFORMED_MESSAGE", /give an object/],
    ["a text", "trades", "MALFORMED_MESSAGE", /give an object/],
    ["a list", ["trades"], "MALFORMED_MESSAGE", /give an object/],
    ["no channel", {}, "UNKNOWN_COMMAND", /channel of type undefined does not exist/],
    ["an unknown channel", { channel: "gossip" }, "UNKNOWN_COMMAND", /channel "gossip" does not exist/],
    ["a channel of every object", { channel: "toString" }, "UNKNOWN_COMMAND", /does not exist/],
    ["an unknown asset", { channel: "trades", asset: "DOGE-USD" }, "UNKNOWN_ASSET", /use one of BTC-USD, ETH-USD/],
    ["a wildcard", { channel: "trades", asset: "*" }, "UNKNOWN_ASSET", /asset "\*"/],
    ["an asset that is no text", { channel: "trades", asset: { toString: 1 } }, "UNKNOWN_ASSET", /of type object/],
    ["an endless asset", { channel: "trades", asset: "A".repeat(9_999) }, "UNKNOWN_ASSET", /^.{1,120}$/],
    [
      "trades from somewhere",
      { channel: "trades", asset: "BTC-USD", from: 1 },
      "UNSUPPORTED_COMBINATION",
      /orders only/,
    ],
    ["balances from somewhere", { channel: "balances", from: 1 }, "UNSUPPORTED_COMBINATION", /orders only/],
    ["an account", { channel: "orders", account: "bob" }, "UNSUPPORTED_COMBINATION", /account can't be chosen/],
    ["an account of its own", { channel: "orders", account: undefined }, "UNSUPPORTED_COMBINATION", /account/],
    ["a field with a typing error", { channel: "orders", form: 5 }, "MALFORMED_MESSAGE", /field "form" is not known/],
    ["a negative from", { channel: "orders", from: -1 }, "MALFORMED_MESSAGE", /from -1 is not a whole number/],
    ["half a from", { channel: "orders", from: 0.5 }, "MALFORMED_MESSAGE", /from 0.5/],
    ["a from that is text", { channel: "orders", from: "5" }, "MALFORMED_MESSAGE", /from "5"/],
    ["a from past all numbers", { channel: "orders", from: 2 ** 53 }, "MALFORMED_MESSAGE", /from 9007199254740992/],
    ["a from that is null", { channel: "orders", from: null }, "MALFORMED_MESSAGE", /from/],
    [
      "a next that nobody gave",
      { channel: "orders", next: "BTC-USD" },
      "MALFORMED_MESSAGE",
      /next "BTC-USD" is not one/,
    ],
    ["from and next", { channel: "orders", from: 1, next: "BTC-USD/1" }, "UNSUPPORTED_COMBINATION", /or next/],
    ["orders of an unknown asset", { channel: "orders", asset: ">" }, "UNKNOWN_ASSET", /asset ">"/],
  ];
  for (const [what, input, name, text] of refusals) {
    it(`with ${what} is refused as ${name}`, () => {
      const refusal = parse(input);
      expect(refusal).to.have.property("name", name);
      expect(refusal).to.have.property("text").that.matches(text);
    });
  }

  it("is answered, whatever it holds, in one line of bounded length", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (input) => {
        const result = parse(input);
        if ("name" in result) expect(result.text).to.match(/^.{1,200}$/);
      }),
    );
  });
});
