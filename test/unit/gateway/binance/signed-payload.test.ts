import { createHmac, generateKeyPairSync } from "node:crypto";
import ccxt from "ccxt";
import { expect } from "chai";
import { payloadOfParams, payloadOfRequest } from "../../../../src/gateway/binance/signed-payload.js";
import { ed25519Signer, isSignedBy, rawPublicKey, type Signer } from "../../../../src/shared/access/signers.js";

describe("what a client of Binance's dialect signs", () => {
  it("is the query and then the body, without the signature, wherever that stands", () => {
    const signed = (query: string, body: string) => payloadOfRequest(query, body);
    expect(signed("a=1&signature=xy&b=2", "c=3")).to.deep.equal({ payload: "a=1&b=2c=3", signature: "xy" });
    expect(signed("a=1", "c=3&signature=x%2By%3D")).to.deep.equal({ payload: "a=1c=3", signature: "x+y=" });
    expect(signed("a=1", "")).to.deep.equal({ payload: "a=1", signature: null });
  });

  /** The example of binance-spot-api-docs, rest-api.md. */
  it("is what Binance says it is", () => {
    const secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
    const query =
      "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";
    const signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
    const { payload } = payloadOfRequest(`${query}&signature=${signature}`, "");
    expect(isSignedBy({ kind: "hmac", secret }, payload, signature)).to.equal(true);
  });

  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = rawPublicKey(publicKey.export({ type: "spki", format: "pem" }).toString()) as Buffer;
  const keys: readonly (readonly [string, string, Signer])[] = [
    ["a secret", "a secret", { kind: "hmac", secret: "a secret" }],
    ["an Ed25519 key", privateKey.export({ type: "pkcs8", format: "pem" }).toString(), ed25519Signer(raw)],
  ];
  for (const [what, secret, signer] of keys)
    it(`is what ccxt signs with ${what}, over REST and WebSocket`, () => {
      const client = new ccxt.pro.binance({ apiKey: "ann", secret });
      const params = { symbol: "BTCUSD", newClientOrderId: "a-b_c", price: "0.1", returnRateLimits: false };
      const post = client.sign("order", "private", "POST", { ...params });
      const get = client.sign("order", "private", "GET", { ...params });
      for (const { payload, signature } of [
        payloadOfRequest("", post["body"] as string),
        payloadOfRequest((get["url"] as string).split("?")[1] as string, ""),
        payloadOfParams(client.signParams({ ...params })),
      ])
        expect(isSignedBy(signer, payload, signature as string), payload).to.equal(true);
    });

  it("is sorted by name in a WebSocket's params", () => {
    const params = { symbol: "BTCUSD", apiKey: "ann", timestamp: 1, signature: "x" };
    expect(payloadOfParams(params)).to.deep.equal({ payload: "apiKey=ann&symbol=BTCUSD&timestamp=1", signature: "x" });
    const payload = createHmac("sha256", "s").update(payloadOfParams(params).payload).digest("hex");
    expect(payload).to.have.length(64);
  });
});
