import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { BourseEngine } from "./bourse-engine.js";
import { NodejsOrderBook } from "./nodejs-order-book.js";
import { makeStream, STREAM_NAMES, type Stream, type StreamName } from "./streams.js";

const names = (process.argv[2] ?? STREAM_NAMES.join(",")).split(",") as StreamName[];
const runs = Number(process.argv[3] ?? 5);
for (const name of names) {
  const f = `/tmp/stream-${name}.v8`;
  if (!existsSync(f)) writeFileSync(f, serialize(makeStream(name, 1_000_000)));
  const raw = deserialize(readFileSync(f)) as Stream;
  const stream = {
    ...raw,
    ops: new Uint8Array(raw.ops),
    sides: new Uint8Array(raw.sides),
    ids: new Float64Array(raw.ids),
    accounts: Float64Array.from(raw.ids, (id) => 1 + (id % 1000)),
    prices: new Float64Array(raw.prices),
    quantities: new Float64Array(raw.quantities),
  };
  const check = process.argv[4] === "nocheck" || new BourseEngine().hashOf(stream) === stream.hash;
  const rates: number[] = [];
  for (let run = 0; run < runs; run++) {
    const e = new BourseEngine();
    e.play(stream, 0, stream.prefill);
    const t = process.cpuUsage();
    e.play(stream, stream.prefill, stream.length);
    const us = process.cpuUsage(t).user;
    if (process.argv[4] === "nob" && run < 2) {
      const b = new NodejsOrderBook();
      if (run === 0) console.log("nob hash ok", new NodejsOrderBook().hashOf(stream) === stream.hash);
      b.prepare(stream);
      b.play(stream, 0, stream.prefill);
      const t = process.cpuUsage();
      b.play(stream, stream.prefill, stream.length);
      console.log("nob", ((stream.length - stream.prefill) / process.cpuUsage(t).user).toFixed(3));
    }
    rates.push((stream.length - stream.prefill) / us);
  }
  console.log(
    name.padEnd(7),
    check,
    "best",
    Math.max(...rates).toFixed(2),
    "|",
    rates.map((r) => r.toFixed(2)).join(" "),
  );
}
