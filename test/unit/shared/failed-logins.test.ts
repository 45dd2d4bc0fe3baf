import { expect } from "chai";
import { FailedLogins } from "../../../src/shared/failed-logins.js";

describe("failed logins", () => {
  const attempts = (count: number, address: string, keyId: string, logins: FailedLogins, nowMs = 0) =>
    Array.from({ length: count }, () => logins.attempt(address, keyId, nowMs)?.name ?? "allowed");

  it("are limited per address, whatever the key", () => {
    const logins = new FailedLogins({ perAddress: 2, perKey: 100 });
    expect(attempts(1, "a", "k1", logins)).to.deep.equal(["allowed"]);
    expect(attempts(2, "a", "k2", logins)).to.deep.equal(["allowed", "LOGIN_REJECTED"]);
    expect(attempts(1, "b", "k2", logins)).to.deep.equal(["allowed"]);
  });

  it("are limited per key, wherever they come from", () => {
    const logins = new FailedLogins({ perAddress: 100, perKey: 2 });
    expect(["a", "b", "c"].flatMap((address) => attempts(1, address, "k", logins))).to.deep.equal([
      "allowed",
      "allowed",
      "LOGIN_REJECTED",
    ]);
    expect(attempts(1, "c", "other", logins)).to.deep.equal(["allowed"]);
  });

  it("are forgiven within a minute", () => {
    const logins = new FailedLogins({ perAddress: 2, perKey: 2 });
    attempts(2, "a", "k", logins);
    expect(attempts(1, "a", "k", logins, 29_999)).to.deep.equal(["LOGIN_REJECTED"]);
    expect(attempts(2, "a", "k", logins, 60_100)).to.deep.equal(["allowed", "allowed"]);
  });

  it("cost nothing where the login was right", () => {
    const logins = new FailedLogins({ perAddress: 1, perKey: 1 });
    for (let login = 0; login < 10; login++) {
      expect(logins.attempt("a", "k", 0)).to.equal(null);
      logins.excuse("a", "k");
    }
  });
});
