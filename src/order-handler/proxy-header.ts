/** The PROXY protocol, versions 1 and 2: the header that a proxy sends before its client's first byte. Pure. */
import { isIPv4, isIPv6 } from "node:net";
import { plainAddress } from "../shared/process/trusted-proxies.js";

export type ProxyHeader =
  /** `address` is the client's, null if the proxy speaks for itself; `length` is the header's, in bytes. */
  | { readonly kind: "read"; readonly address: string | null; readonly length: number }
  | { readonly kind: "malformed"; readonly text: string };

const TEXT_START = Buffer.from("PROXY ");
const BINARY_START = Buffer.from("\r\n\r\n\0\r\nQUIT\n");
const TEXT_LENGTH_MAX = 107;
const BINARY_HEAD_LENGTH = 16;
const BINARY_BODY_LENGTH_MAX = 216;
const IPV4_BODY_LENGTH = 12;
const IPV6_BODY_LENGTH = 36;

/** Reads a header from a connection's first bytes. Null: more bytes are needed, never more than 232. */
export function readProxyHeader(bytes: Buffer): ProxyHeader | null {
  if (begins(bytes, TEXT_START)) return bytes.length < TEXT_START.length ? null : readText(bytes);
  if (begins(bytes, BINARY_START)) return bytes.length < BINARY_HEAD_LENGTH ? null : readBinary(bytes);
  return malformed("a connection of a trusted proxy must begin with a PROXY header, version 1 or 2");
}

function begins(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

/** Version 1, for example "PROXY TCP4 203.0.113.9 10.0.0.1 4711 7001\r\n". */
function readText(bytes: Buffer): ProxyHeader | null {
  const end = bytes.subarray(0, TEXT_LENGTH_MAX).indexOf("\r\n");
  if (end < 0)
    return bytes.length < TEXT_LENGTH_MAX ? null : malformed(`a PROXY line has at most ${TEXT_LENGTH_MAX} bytes`);
  const length = end + 2;
  const line = bytes.toString("latin1", 0, end);
  if (/^PROXY UNKNOWN( |$)/.test(line)) return { kind: "read", address: null, length };
  const [, family, source = "", target = "", ...ports] =
    /^PROXY (TCP[46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/.exec(line) ?? [];
  const isOfFamily = family === "TCP4" ? isIPv4 : isIPv6;
  const address = plainAddress(source);
  if (address === null || !isOfFamily(source) || !isOfFamily(target) || ports.some((port) => Number(port) > 65_535))
    return malformed("the PROXY line is not PROXY TCP4|TCP6 <source> <target> <source port> <target port>");
  return { kind: "read", address, length };
}

function readBinary(bytes: Buffer): ProxyHeader | null {
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13);
  const bodyLength = bytes.readUInt16BE(14);
  if (command !== 0x20 && command !== 0x21) return malformed("the PROXY header is not of version 2, LOCAL or PROXY");
  if (bodyLength > BINARY_BODY_LENGTH_MAX)
    return malformed(`the PROXY header has more than ${BINARY_BODY_LENGTH_MAX} bytes of addresses`);
  const length = BINARY_HEAD_LENGTH + bodyLength;
  if (bytes.length < length) return null;
  if (command === 0x20 || family === 0) return { kind: "read", address: null, length };
  const body = bytes.subarray(BINARY_HEAD_LENGTH, length);
  if (family === 0x11 && bodyLength >= IPV4_BODY_LENGTH)
    return { kind: "read", address: body.subarray(0, 4).join("."), length };
  if (family === 0x21 && bodyLength >= IPV6_BODY_LENGTH) {
    const groups = Array.from({ length: 8 }, (_, index) => body.readUInt16BE(2 * index).toString(16));
    return { kind: "read", address: plainAddress(groups.join(":")), length };
  }
  return malformed("the PROXY header is about neither TCP4 nor TCP6, or has too few bytes for it");
}

function malformed(text: string): ProxyHeader {
  return { kind: "malformed", text };
}
