/** A PNG of a screen with 256 colours in place of millions: a third of its size, and the same to the eye. */
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE_BYTES = 8;
const COLOURS_MAX = 256;
/** Bits of each channel that tell colours apart: shades of a letter's edge fall together. */
const KEPT_BITS = 0b1111_1000;

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 3 or 4 for each pixel. */
  readonly channels: number;
  readonly bytes: Buffer;
}

/** Takes what Chromium writes: 8 bits a channel, not interlaced. */
export function withPalette(png: Buffer): Buffer {
  const pixels = decode(png);
  const { width, height, channels, bytes } = pixels;
  const counts = new Map<number, number>();
  const colourAt = (at: number) =>
    [0, 1, 2].reduce((colour, channel) => (colour << 8) | ((bytes[at + channel] as number) & KEPT_BITS), 0);
  for (let at = 0; at < bytes.length; at += channels) counts.set(colourAt(at), (counts.get(colourAt(at)) ?? 0) + 1);
  const palette = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, COLOURS_MAX)
    .map(([colour]) => colour);
  const places = new Map<number, number>();
  for (const colour of counts.keys()) places.set(colour, nearest(palette, colour));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rows[y * (width + 1) + 1 + x] = places.get(colourAt((y * width + x) * channels)) as number;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8); // 8 bits, a palette
  // What was cut off is put back as far as that goes: white stays white.
  const full = (channel: number) => channel | (channel >> 5);
  const colours = Buffer.from(
    palette.flatMap((colour) => [colour >> 16, colour >> 8, colour].map((part) => full(part & 255))),
  );
  const parts = [chunk("IHDR", head), chunk("PLTE", colours), chunk("IDAT", deflateSync(rows, { level: 9 }))];
  return Buffer.concat([png.subarray(0, SIGNATURE_BYTES), ...parts, chunk("IEND", Buffer.alloc(0))]);
}

function nearest(palette: readonly number[], colour: number): number {
  const distance = (other: number) =>
    [16, 8, 0].reduce((sum, shift) => sum + (((other >> shift) & 255) - ((colour >> shift) & 255)) ** 2, 0);
  return palette.reduce(
    (best, other, place) => (distance(other) < distance(palette[best] as number) ? place : best),
    0,
  );
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

function decode(png: Buffer): Pixels {
  const data: Buffer[] = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const name = png.toString("latin1", at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (name === "IHDR")
      [width, height, channels] = [body.readUInt32BE(0), body.readUInt32BE(4), body[9] === 6 ? 4 : 3];
    if (name === "IDAT") data.push(body);
    at += length + 12;
  }
  return { width, height, channels, bytes: unfiltered(inflateSync(Buffer.concat(data)), width * channels, channels) };
}

/** Takes the filters of the PNG specification (section 9) off: each row says which one it has. */
function unfiltered(rows: Buffer, rowBytes: number, channels: number): Buffer {
  const bytes = Buffer.alloc((rows.length / (rowBytes + 1)) * rowBytes);
  for (let row = 0; row * (rowBytes + 1) < rows.length; row++) {
    const filter = rows[row * (rowBytes + 1)];
    for (let x = 0; x < rowBytes; x++) {
      const at = row * rowBytes + x;
      const left = x < channels ? 0 : (bytes[at - channels] as number);
      const up = row === 0 ? 0 : (bytes[at - rowBytes] as number);
      const upLeft = row === 0 || x < channels ? 0 : (bytes[at - rowBytes - channels] as number);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, upLeft)][filter as number] as number;
      bytes[at] = (rows[row * (rowBytes + 1) + 1 + x] as number) + guess;
    }
  }
  return bytes;
}

function paeth(left: number, up: number, upLeft: number): number {
  const [byLeft, byUp, byBoth] = [Math.abs(up - upLeft), Math.abs(left - upLeft), Math.abs(left + up - 2 * upLeft)];
  return byLeft <= byUp && byLeft <= byBoth ? left : byUp <= byBoth ? up : upLeft;
}
