import { expect } from "chai";
import * as v from "valibot";
import { clientAddress } from "../../../../src/shared/process/client-address.js";
import { readSettings } from "../../../../src/shared/process/settings.js";
import { trustedProxies } from "../../../../src/shared/process/trusted-proxies.js";

const read = (list: string) =>
  readSettings(v.object({ proxies: trustedProxies("PROXIES") }), { PROXIES: list }).proxies;

describe("the address of a notifier's client", () => {
  const proxies = read("10.0.0.7, 10.1.0.0/16,fd00::/8");
  const cases: [string, string, string | undefined, string][] = [
    ["is its own when it comes from no proxy, whatever it writes", "192.0.2.1", "203.0.113.9", "192.0.2.1"],
    ["is what a proxy says", "10.0.0.7", "203.0.113.9", "203.0.113.9"],
    [
      "is what the nearest proxy says, not what the client wrote before",
      "10.0.0.7",
      "1.1.1.1, 203.0.113.9",
      "203.0.113.9",
    ],
    ["is what is said through two proxies", "fd00::1", "203.0.113.9, 10.1.2.3", "203.0.113.9"],
    ["is the proxy's where the proxy says nothing", "10.0.0.7", undefined, "10.0.0.7"],
    ["is the proxy's where the proxy names no address", "10.0.0.7", "203.0.113.9, unknown", "10.0.0.7"],
    ["is the last proxy's where all are proxies", "10.0.0.7", "10.1.0.1", "10.1.0.1"],
    ["is IPv4 where IPv4 stands in IPv6", "::ffff:10.0.0.7", "::ffff:cb00:7109", "203.0.113.9"],
    ["is written in one way", "10.0.0.7", "2001:DB8:0:0::1", "2001:db8::1"],
  ];
  for (const [name, peer, header, address] of cases)
    it(name, () => {
      const headers = header === undefined ? {} : { "x-forwarded-for": header };
      expect(clientAddress(peer, headers, proxies)).to.equal(address);
    });

  it("is nobody's to say without a setting, and a setting that names no networks is refused", () => {
    expect(clientAddress("127.0.0.1", { "x-forwarded-for": "203.0.113.9" }, read(""))).to.equal("127.0.0.1");
    for (const wrong of ["proxy.example", "10.0.0.0/33", "10.0.0", "fd00::/129", "10.0.0.0/8/8", "fe80::1%eth0"])
      expect(() => read(`10.0.0.7,${wrong}`), wrong).to.throw(
        `PROXIES has "${wrong}"; it must be addresses or networks`,
      );
  });
});
