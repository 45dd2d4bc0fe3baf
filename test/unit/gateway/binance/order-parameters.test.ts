import { expect } from "chai";
import { BinanceError } from "../../../../src/gateway/binance/errors.js";
import { readNamed, readOrder } from "../../../../src/gateway/binance/order-parameters.js";
import { Parameters } from "../../../../src/gateway/binance/parameters.js";
import { TEST_ASSET } from "../../../support/test-asset.js";

const order = (text: string) => readOrder(Parameters.ofText(text), TEST_ASSET, "derived");
const fields = (text: string) => order(text).fields;
const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(BinanceError);
    const { code, message } = error as BinanceError;
    return `${code} ${message}`;
  }
  return "taken";
};

describe("the parameters of an order", () => {
  it("become our terms, type by type", () => {
    expect(fields("side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.010&price=64000.10&icebergQty=0.001")).to.include({
      side: "buy",
      type: "limit",
      timeInForce: "GTC",
      quantityLots: 10,
      priceTicks: 6_400_010,
      displayLots: 1,
      postOnly: false,
      clientOrderId: "derived",
    });
    expect(fields("side=SELL&type=LIMIT_MAKER&quantity=1&price=64000&newClientOrderId=mine")).to.include({
      type: "limit",
      postOnly: true,
      timeInForce: "GTC",
      clientOrderId: "mine",
    });
    expect(fields("side=SELL&type=MARKET&quantity=1")).to.include({
      type: "market",
      timeInForce: "IOC",
      priceTicks: null,
    });
    expect(fields("side=BUY&type=MARKET&quoteOrderQty=10.5")).to.include({
      quoteBudgetUnits: 10_500_000,
      quantityLots: null,
    });
    expect(fields("side=SELL&type=STOP_LOSS&quantity=1&stopPrice=60000")).to.include({
      type: "stop_market",
      stopPriceTicks: 6_000_000,
    });
    expect(fields("side=BUY&type=STOP_LOSS_LIMIT&timeInForce=FOK&quantity=1&price=2&stopPrice=1")).to.include({
      type: "stop_limit",
      timeInForce: "FOK",
      stopPriceTicks: 100,
    });
  });

  it("name what happens with an order of one's own", () => {
    const mode = (name: string) =>
      fields(`side=SELL&type=MARKET&quantity=1&selfTradePreventionMode=${name}`).selfTradePrevention;
    expect(["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "NONE"].map(mode)).to.deep.equal([
      "cancel_newest",
      "cancel_oldest",
      "cancel_both",
      "decrement",
      "none",
    ]);
  });

  it("say how much of an answer is wanted", () => {
    expect(order("side=SELL&type=MARKET&quantity=1").responseType).to.equal("FULL");
    expect(order("side=SELL&type=LIMIT_MAKER&quantity=1&price=1").responseType).to.equal("ACK");
    expect(order("side=SELL&type=MARKET&quantity=1&newOrderRespType=RESULT").responseType).to.equal("RESULT");
  });

  const REFUSED: readonly (readonly [string, string])[] = [
    [
      "side=BUY&type=LIMIT&quantity=1&price=1",
      "-1102 Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.",
    ],
    ["side=BUY&type=LIMIT&timeInForce=GTC&quantity=&price=1", "-1102 Mandatory parameter 'quantity' was"],
    ["side=BUY&type=MARKET", "-1102 Param 'quoteOrderQty' or 'quantity' must be sent, but both were empty/null!"],
    ["side=BUY&type=MARKET&quantity=1&price=1", "-1106 Parameter 'price' sent when not required."],
    ["side=BUY&type=MARKET&quantity=1&quoteOrderQty=1", "-1106 Parameter 'quoteOrderQty'"],
    ["side=SELL&type=MARKET&quoteOrderQty=1", "-1013 Quote order qty market orders are not support for this symbol."],
    ["side=BUY&type=LIMIT_MAKER&timeInForce=GTC&quantity=1&price=1", "-1106 Parameter 'timeInForce'"],
    ["side=BUY&type=LIMIT&timeInForce=IOC&quantity=1&price=1&icebergQty=0.1", "-1106 Parameter 'icebergQty'"],
    ["side=buy&type=MARKET&quantity=1", "-1117 Invalid side."],
    ["side=BUY&type=TAKE_PROFIT&quantity=1&stopPrice=1", "-1116 Invalid orderType."],
    ["side=BUY&type=LIMIT&timeInForce=GTX&quantity=1&price=1", "-1115 Invalid timeInForce."],
    ["side=BUY&type=MARKET&quantity=1e-3", "-1100 Illegal characters found in parameter 'quantity'; legal range is '"],
    ["side=BUY&type=MARKET&quantity=-1", "-1100 Illegal characters"],
    ["side=BUY&type=MARKET&quantity=0.0001", "-1013 Filter failure: LOT_SIZE"],
    ["side=BUY&type=MARKET&quantity=0", "-1013 Filter failure: LOT_SIZE"],
    ["side=BUY&type=MARKET&quantity=0.000000001", "-1111 Parameter 'quantity' has too much precision."],
    ["side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1.001", "-1013 Filter failure: PRICE_FILTER"],
    [
      "side=BUY&type=MARKET&quantity=1&newClientOrderId=a%20b",
      "-1100 Illegal characters found in parameter 'newClientOrderId'",
    ],
    [
      "side=BUY&type=MARKET&quantity=1&selfTradePreventionMode=MAYBE",
      "-1130 Data sent for parameter 'selfTradePreventionMode'",
    ],
    ["side=BUY&side=BUY", "-1101 Duplicate values for parameter 'side' detected."],
  ];
  for (const [text, expected] of REFUSED)
    it(`are refused as clients know it: ${text}`, () => {
      expect(refusal(() => order(text))).to.match(new RegExp(`^${expected.replace(/[.?]/g, "\\$&")}`));
    });

  it("are all known", () => {
    const given = Parameters.ofText("orderId=5&strategyId=1&symbol=BTCUSD");
    given.skip("symbol");
    expect(readNamed(given)).to.deep.equal({ orderId: 5, clientOrderId: null });
    expect(refusal(() => given.refuseOthers())).to.equal(
      "-1104 Not all sent parameters were read; read '2' parameter(s) but was sent '3'.",
    );
  });

  it("name an order by one of its ids", () => {
    expect(readNamed(Parameters.ofText("origClientOrderId=mine"))).to.deep.equal({
      orderId: null,
      clientOrderId: "mine",
    });
    expect(refusal(() => readNamed(Parameters.ofText("")))).to.match(/^-1102 Param 'origClientOrderId' or 'orderId'/);
  });
});
