import { expect } from "chai";
import { readProxyHeader } from "../../../src/order-handler/proxy-header.js";

const v2 = (head: string, body: string) => Buffer.from(`0d0a0d0a000d0a515549540a${head}${body}`, "hex");
const PORTS = "12671b59";
const IPV4 = v2("2111000c", `cb0071090a000001${PORTS}`);
const IPV6 = v2("21210024", `20010db8${"0".repeat(22)}01${"0".repeat(32)}${PORTS}`);
const MAPPED = v2("21210024", `${"0".repeat(20)}ffffcb007109${"0".repeat(32)}${PORTS}`);

describe("a PROXY header", () => {
  const good: [string, Buffer, string | null][] = [
    ["of version 1, IPv4", Buffer.from("PROXY TCP4 203.0.113.9 10.0.0.1 4711 7001\r\n"), "203.0.113.9"],
    ["of version 1, IPv6", Buffer.from("PROXY TCP6 2001:DB8::1 ::1 4711 7001\r\n"), "2001:db8::1"],
    ["of version 1, of the proxy itself", Buffer.from("PROXY UNKNOWN\r\n"), null],
    ["of version 2, IPv4", IPV4, "203.0.113.9"],
    ["of version 2, IPv6", IPV6, "2001:db8::1"],
    ["of version 2, IPv4 within IPv6", MAPPED, "203.0.113.9"],
    ["of version 2, of the proxy itself", v2("20000000", ""), null],
  ];
  for (const [name, bytes, address] of good)
    it(`${name} is read to its end, however it is cut`, () => {
      for (let length = 0; length < bytes.length; length++)
        expect(readProxyHeader(bytes.subarray(0, length)), String(length)).to.equal(null);
      const read = { kind: "read", address, length: bytes.length };
      expect(readProxyHeader(Buffer.concat([bytes, Buffer.from("LOGIN")]))).to.deep.equal(read);
    });

  const bad: [string, Buffer][] = [
    ["none", Buffer.from("L")],
    ["a line that never ends", Buffer.from(`PROXY ${"x".repeat(101)}`)],
    ["a name for an address", Buffer.from("PROXY TCP4 example 10.0.0.1 1 2\r\n")],
    ["IPv6 for IPv4", Buffer.from("PROXY TCP4 ::1 ::1 1 2\r\n")],
    ["a port above 65535", Buffer.from("PROXY TCP4 1.1.1.1 1.1.1.1 70000 2\r\n")],
    ["version 3", v2("3111000c", "")],
    ["another command", v2("2211000c", "")],
    ["too long addresses", v2("211100d9", "")],
    ["too short addresses", v2("2111000b", "00".repeat(11))],
    ["UDP", v2("2112000c", "00".repeat(12))],
  ];
  for (const [name, bytes] of bad)
    it(`is malformed: ${name}`, () => expect(readProxyHeader(bytes)).to.include({ kind: "malformed" }));
});
