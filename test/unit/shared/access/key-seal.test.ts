import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { DEVELOPMENT_SEAL, KeySeal, keySeal } from "../../../../src/shared/access/key-seal.js";
import { ConfigurationError } from "../../../../src/shared/domain/errors.js";
import { readSettings } from "../../../../src/shared/process/settings.js";

describe("a sealed secret", () => {
  const seal = new KeySeal(randomBytes(32));

  it("opens under its key and id, and is another each time", () => {
    const sealed = seal.seal("ann", "sécret");
    expect(seal.open("ann", sealed)).to.equal("sécret");
    expect(sealed).to.not.deep.equal(seal.seal("ann", "sécret"));
    expect(sealed.includes("cret")).to.equal(false);
  });

  it("opens neither under another key or id, nor where a bit was changed", () => {
    const sealed = seal.seal("ann", "secret");
    expect(new KeySeal(randomBytes(32)).open("ann", sealed)).to.equal(null);
    expect(seal.open("bob", sealed)).to.equal(null);
    for (const at of sealed.keys()) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(seal.open("ann", changed), `byte ${at}`).to.equal(null);
    }
    expect(seal.open("ann", sealed.subarray(0, 20))).to.equal(null);
  });
});

describe("KEY_ENCRYPTION_KEY", () => {
  const read = (values: NodeJS.ProcessEnv) => readSettings(keySeal(), values);

  it("is 32 bytes in base64 or hex", () => {
    const key = randomBytes(32);
    const sealed = new KeySeal(key).seal("ann", "secret");
    for (const text of [key.toString("base64"), key.toString("hex")])
      expect(read({ KEY_ENCRYPTION_KEY: text })?.open("ann", sealed)).to.equal("secret");
    for (const text of ["short", randomBytes(33).toString("base64"), randomBytes(31).toString("hex")])
      expect(() => read({ KEY_ENCRYPTION_KEY: text })).to.throw(ConfigurationError, "openssl rand -base64 32");
  });

  it("has a value that everybody knows, but none in production", () => {
    expect(read({})).to.equal(DEVELOPMENT_SEAL);
    expect(read({ NODE_ENV: "production" })).to.equal(null);
  });
});
