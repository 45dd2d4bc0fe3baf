import { expect } from "chai";
import { FailedLogins } from "../../../../src/shared/access/failed-logins.js";

describe("failed logins", () => {
  const attempts = (count: number, address: string, keyId: string, logins: FailedLogins, nowMs = 0) =>
    Array.from({ length: count }, () => logins.attempt(address, keyId, nowMs)?.name ?? "allowed");

  it("are limited per address, whatever the key", () => {
    const logins = new FailedLogins({ perAddress: 2, perKey: 100 });
    expect(attempts(1, "a", "k1", logins)).to.deep.equal(["allowed"]);
    expect(attempts(2, "a", "k2", logins)).to.deep.equal(["allowed", "LOGIN_REJECTED"]);
    expect(attempts(1, "b", "k2", logins)).to.deep.equal(["allowed"]);
  });

  it("take an IPv6 network for one address, and an IPv4 address for itself", () => {
    const failsWith = (first: string, second: string) => {
      const logins = new FailedLogins({ perAddress: 1, perKey: 100 });
      return [...attempts(1, first, "k", logins), ...attempts(1, second, "k", logins)].join(" ");
    };
    const [same, other] = ["allowed LOGIN_REJECTED", "allowed allowed"];
    expect(failsWith("2001:db8:1:2::1", "2001:db8:1:2:ffff:1:2:3")).to.equal(same);
    expect(failsWith("2001:db8:1:2::1", "2001:db8:1:3::1")).to.equal(other);
    expect(failsWith("2001:db8::1", "2001:db8:0:0:9::1")).to.equal(same);
    expect(failsWith("::ffff:10.0.0.1", "::ffff:10.0.0.2")).to.equal(other);
    expect(failsWith("10.0.0.1", "10.0.0.2")).to.equal(other);
  });

  it("keep nobody out who comes when strangers have failed everywhere", () => {
    const logins = new FailedLogins({ perAddress: 1, perKey: 1 });
    for (let stranger = 0; stranger < 60_000; stranger++) logins.attempt(`a${stranger}`, `k${stranger}`, 0);
    expect(attempts(1, "me", "mine", logins)).to.deep.equal(["allowed"]);
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
