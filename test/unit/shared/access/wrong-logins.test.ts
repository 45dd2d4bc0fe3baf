import { expect } from "chai";
import { networkOf, WrongLogins } from "../../../../src/shared/access/wrong-logins.js";

describe("wrong logins", () => {
  const count = (times: number, address: string, keyId: string, logins: WrongLogins, nowMs = 0) =>
    Array.from({ length: times }, () => (logins.isOneTooMany(address, keyId, nowMs) ? "limited" : "wrong"));

  it("are limited per address, whatever the key", () => {
    const logins = new WrongLogins({ perAddress: 2, perKey: 100 });
    expect(count(1, "a", "k1", logins)).to.deep.equal(["wrong"]);
    expect(count(2, "a", "k2", logins)).to.deep.equal(["wrong", "limited"]);
    expect(count(1, "b", "k2", logins)).to.deep.equal(["wrong"]);
  });

  it("are limited per key and address: strangers elsewhere don't slow a key's owner down", () => {
    const logins = new WrongLogins({ perAddress: 100, perKey: 2 });
    expect(count(3, "stranger", "k", logins)).to.deep.equal(["wrong", "wrong", "limited"]);
    expect(count(1, "owner", "k", logins)).to.deep.equal(["wrong"]);
    expect(count(1, "stranger", "other", logins)).to.deep.equal(["wrong"]);
  });

  it("are forgiven within a minute", () => {
    const logins = new WrongLogins({ perAddress: 2, perKey: 2 });
    count(3, "a", "k", logins);
    expect(count(1, "a", "k", logins, 29_000)).to.deep.equal(["limited"]);
    expect(count(2, "a", "k", logins, 90_100)).to.deep.equal(["wrong", "wrong"]);
  });

  it("limit nobody who comes when strangers have failed everywhere", () => {
    const logins = new WrongLogins({ perAddress: 1, perKey: 1 });
    for (let stranger = 0; stranger < 60_000; stranger++) logins.isOneTooMany(`a${stranger}`, `k${stranger}`, 0);
    expect(count(1, "me", "mine", logins)).to.deep.equal(["wrong"]);
  });
});

describe("the network of an address", () => {
  it("is all that an IPv6 customer has, and an IPv4 address alone", () => {
    expect(networkOf("2001:db8:1:2::1")).to.equal(networkOf("2001:db8:1:2:ffff:1:2:3"));
    expect(networkOf("2001:db8:1:2::1")).to.not.equal(networkOf("2001:db8:1:3::1"));
    expect(networkOf("2001:db8::1")).to.equal(networkOf("2001:db8:0:0:9::1"));
    expect(networkOf("::ffff:10.0.0.1")).to.not.equal(networkOf("::ffff:10.0.0.2"));
    expect(networkOf("10.0.0.1")).to.not.equal(networkOf("10.0.0.2"));
  });
});
