import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { expect } from "chai";
import { ed25519Signer, isSignedBy, rawPublicKey, type Signer } from "../../../../src/shared/access/signers.js";

const PAYLOAD = "symbol=BTCUSD&side=BUY&timestamp=1769860800000";

describe("signers", () => {
  const pair = generateKeyPairSync("ed25519");
  const pem = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  const raw = rawPublicKey(pem) as Buffer;
  const hmac: Signer = { kind: "hmac", secret: "a secret of her own" };
  const digest = createHmac("sha256", "a secret of her own").update(PAYLOAD).digest();

  it("take an HMAC-SHA256 in hex and in base64, of exactly what was signed", () => {
    for (const signature of [digest.toString("hex"), digest.toString("hex").toUpperCase(), digest.toString("base64")])
      expect(isSignedBy(hmac, PAYLOAD, signature), signature).to.equal(true);
    expect(isSignedBy(hmac, `${PAYLOAD} `, digest.toString("hex"))).to.equal(false);
    expect(isSignedBy({ ...hmac, secret: "another" }, PAYLOAD, digest.toString("hex"))).to.equal(false);
  });

  it("take an Ed25519 signature in base64", () => {
    const signer = ed25519Signer(raw);
    const signature = sign(null, Buffer.from(PAYLOAD), pair.privateKey).toString("base64");
    expect(isSignedBy(signer, PAYLOAD, signature)).to.equal(true);
    expect(isSignedBy(signer, PAYLOAD.replace("BUY", "SELL"), signature)).to.equal(false);
    expect(isSignedBy(ed25519Signer(Buffer.alloc(32)), PAYLOAD, signature)).to.equal(false);
  });

  it("take nothing else for a signature", () => {
    const texts = [
      "",
      "0",
      "zz".repeat(32),
      digest.toString("hex").slice(1),
      digest.toString("latin1"),
      "A".repeat(5_000),
    ];
    for (const text of texts)
      for (const signer of [hmac, ed25519Signer(raw)]) expect(isSignedBy(signer, PAYLOAD, text), text).to.equal(false);
  });

  it("read a public key from PEM, from what is in it, or raw", () => {
    const der = pair.publicKey.export({ type: "spki", format: "der" });
    expect(raw).to.have.length(32);
    for (const text of [der.toString("base64"), raw.toString("base64"), `${raw.toString("base64")}\n`])
      expect(rawPublicKey(text)).to.deep.equal(raw);
    const privateKey = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const other = generateKeyPairSync("x25519").publicKey.export({ type: "spki", format: "pem" }).toString();
    for (const text of ["", "no key", privateKey, other]) expect(rawPublicKey(text), text).to.equal(null);
  });
});
