import { expect } from "chai";
import { Framer } from "../../../src/order-handler/framing.js";

const bytes = (...values: (number | string)[]) =>
  Buffer.concat(
    values.map((value) => (typeof value === "string" ? Buffer.from(value, "latin1") : Buffer.from([value]))),
  );

/** Everything that can be taken, as short words. */
function takeAll(framer: Framer): string[] {
  const taken: string[] = [];
  for (;;) {
    const framed = framer.take();
    if (framed === null) return taken;
    if (framed.kind === "broken") return [...taken, `broken: ${framed.text}`];
    taken.push(framed.kind === "line" ? framed.text : `frame ${framed.body.toString("hex")}`);
  }
}

function framesOf(...chunks: Buffer[]): string[] {
  const framer = new Framer();
  return chunks.flatMap((chunk) => {
    framer.push(chunk);
    return takeAll(framer);
  });
}

describe("framing", () => {
  it("knows no dialect before the first byte", () => {
    const framer = new Framer();
    framer.push(Buffer.alloc(0));
    expect(framer.dialect).to.equal(null);
    framer.push(bytes(0));
    expect(framer.dialect).to.equal("binary");
  });

  it("cuts lines at LF and at CRLF, and keeps what is not complete", () => {
    expect(framesOf(bytes("one\ntwo\r\n\nthr"), bytes("ee\n"))).to.deep.equal(["one", "two", "", "three"]);
  });

  it("waits for the byte after a CR", () => {
    expect(framesOf(bytes("one\r"), bytes("\ntwo\n"))).to.deep.equal(["one", "two"]);
    expect(framesOf(bytes("one\r"), bytes("two\n"))[0]).to.match(/^broken: byte 0x0d is not printable/);
  });

  it("takes a line of 1024 bytes and no longer one", () => {
    const longest = "x".repeat(1024);
    expect(framesOf(bytes(longest, "\n"))).to.deep.equal([longest]);
    expect(framesOf(bytes(longest, "\r\n"))).to.deep.equal([longest]);
    expect(framesOf(bytes(longest, "x\n"))).to.deep.equal(["broken: a line is longer than 1024 bytes"]);
  });

  it("does not wait for the end of a line that is too long", () => {
    expect(framesOf(bytes("ok\n", "x".repeat(1025)))).to.deep.equal(["ok", "broken: a line is longer than 1024 bytes"]);
  });

  for (const byte of [0x01, 0x09, 0x0b, 0x16, 0x1b, 0x7f, 0xc3, 0xff])
    it(`breaks at byte 0x${byte.toString(16)}`, () => {
      const hex = byte.toString(16).padStart(2, "0");
      const problem = `broken: byte 0x${hex} is not printable ASCII; lines end in LF or CRLF`;
      expect(framesOf(bytes("ok\nA", byte))).to.deep.equal(["ok", problem]);
    });

  it("breaks at a NUL inside a line", () => {
    expect(framesOf(bytes("A", 0, "B\n"))[0]).to.match(/^broken: byte 0x00/);
  });

  it("cuts frames by their length", () => {
    expect(framesOf(bytes(0, 0, 0, 1, 0xaa, 0, 0, 0, 2, 1, 2))).to.deep.equal(["frame aa", "frame 0102"]);
  });

  it("takes a frame of 4096 bytes", () => {
    const [taken] = framesOf(bytes(0, 0, 0x10, 0), Buffer.alloc(4095, 7), bytes(7));
    expect(taken).to.equal(`frame ${"07".repeat(4096)}`);
  });

  for (const [name, length, value] of [
    ["0", bytes(0, 0, 0, 0), 0],
    ["4097", bytes(0, 0, 0x10, 1), 4097],
    ["2^24 - 1", bytes(0, 0xff, 0xff, 0xff), 2 ** 24 - 1],
  ] as const)
    it(`breaks at a length of ${name}`, () => {
      expect(framesOf(bytes(0, 0, 0, 1, 5), length)).to.deep.equal([
        "frame 05",
        `broken: frame length ${value} is not in 1 to 4096`,
      ]);
    });

  it("breaks at a length of 0xffffffff, after a frame as binary and as the first bytes as text", () => {
    const length = bytes(0xff, 0xff, 0xff, 0xff);
    expect(framesOf(bytes(0, 0, 0, 1, 5), length)[1]).to.equal("broken: frame length 4294967295 is not in 1 to 4096");
    expect(framesOf(length)[0]).to.match(/^broken: byte 0xff/);
  });

  it("stays broken, whatever follows", () => {
    const framer = new Framer();
    framer.push(bytes("\t"));
    expect(takeAll(framer)).to.have.length(1);
    framer.push(bytes("PING\n"));
    expect(takeAll(framer)[0]).to.match(/^broken: byte 0x09/);
  });

  it("keeps what was pushed and not taken", () => {
    const framer = new Framer();
    framer.push(bytes("one\ntwo\n"));
    expect(framer.take()).to.deep.equal({ kind: "line", text: "one" });
    framer.push(bytes("three\n"));
    expect(framer.pendingBytes).to.equal(10);
    expect(takeAll(framer)).to.deep.equal(["two", "three"]);
    expect(framer.pendingBytes).to.equal(0);
  });
});
