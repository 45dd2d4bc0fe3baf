import { createEngine } from "@bourse/matching-core";
import { expect } from "chai";
import { SCRIPT_OPTIONS } from "../../../packages/matching-core/test/support/market-script.js";
import { mulberry32, RandomFlow } from "../../../packages/matching-core/test/support/random-flow.js";
import { PublishedOutput } from "../../../src/matching-engine/published-output.js";
import type { InputMessage } from "../../../src/shared/bus/reader.js";
import { CodecError, InvariantBroken } from "../../../src/shared/domain/errors.js";
import type { Command, EngineEvent } from "../../../src/shared/domain/messages.js";
import { epochUs, streamSequence } from "../../../src/shared/domain/units.js";
import { type PublishedRows, piecesOf, readRows } from "../../../src/shared/wire/event-rows.js";
import { encodeExecutionBatch } from "../../../src/shared/wire/pipeline-codec.js";

/** Small ones, so that commands span several. */
const PIECE_BYTES = 700;

function flowOf(seed: number, count: number): Command[] {
  const flow = new RandomFlow(seed);
  return Array.from({ length: count }, () => flow.next());
}

/** What an engine publishes that gets `batch()` commands at once. */
function publish(commands: readonly Command[], batch: () => number): PublishedRows[] {
  const engine = createEngine(SCRIPT_OPTIONS);
  const pieces: PublishedRows[] = [];
  for (let at = 0; at < commands.length; ) {
    const end = at + batch();
    for (const command of commands.slice(at, end)) engine.execute(command);
    at = end;
    const cut = piecesOf(engine.events.take(), PIECE_BYTES, engine.lastEventSequence, engine.lastCommandSequence);
    pieces.push(...cut.map((piece) => ({ ...piece, rows: piece.rows.slice() })));
  }
  return pieces;
}

function publishedOutput(pieces: readonly PublishedRows[]): PublishedOutput {
  const messages = pieces.map((piece, index): InputMessage => {
    const place = { streamSequence: streamSequence(index + 1), storedAtUs: epochUs(0) };
    return { subject: "executions.A-B", ...place, data: encodeExecutionBatch(piece) };
  });
  return new PublishedOutput(
    (async function* () {
      yield* messages;
    })(),
    messages.at(-1) as InputMessage,
  );
}

/** Replays the commands in other batches; returns the events that are new. */
async function replay(commands: readonly Command[], published: PublishedOutput, batch: () => number) {
  const engine = createEngine(SCRIPT_OPTIONS);
  const fresh: EngineEvent[] = [];
  for (let at = 0; at < commands.length && !published.isMet; ) {
    const end = at + batch();
    for (const command of commands.slice(at, end)) engine.execute(command);
    at = end;
    fresh.push(...readRows(await published.meet(engine.events.take(), engine.lastCommandSequence)));
  }
  return { fresh, lastEvent: engine.lastEventSequence };
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => null,
    (error: unknown) => error,
  );
}

describe("What was published, against its replay", () => {
  const commands = flowOf(3, 400);

  it("is met wherever the publishing ended, within a command, too, and only what is new goes out", async () => {
    const draw = mulberry32(11);
    const batch = () => 1 + (draw() % 40);
    const all = publish(commands, batch);
    expect(all.length).to.be.above(50);
    for (let count = 1; count <= all.length; count++) {
      const [published, last] = [publishedOutput(all.slice(0, count)), all[count - 1] as PublishedRows];
      const { fresh, lastEvent } = await replay(commands, published, batch);
      expect(published.isMet, `${count} messages`).to.equal(true);
      const numbers = fresh.map(({ eventSequence }) => Number(eventSequence));
      const expected = Array.from({ length: lastEvent - last.throughEvent }, (_, at) => last.throughEvent + 1 + at);
      expect(numbers, `${count} messages`).to.deep.equal(expected);
    }
  });

  it("is met however often an engine died in the middle of it, and another published the rest", async () => {
    for (let seed = 1; seed <= 15; seed++) {
      const draw = mulberry32(seed);
      const pieces: PublishedRows[] = [];
      for (let life = 0; life < 30; life++) {
        const engine = createEngine(SCRIPT_OPTIONS);
        const published = pieces.length === 0 ? null : publishedOutput(pieces);
        const batchesLeft = () => published?.isMet === false || draw() % 3 > 0;
        for (let at = 0; at < commands.length && batchesLeft(); ) {
          const end = at + 1 + (draw() % 8);
          for (const command of commands.slice(at, end)) engine.execute(command);
          at = end;
          const taken = engine.events.take();
          const rows = published === null ? taken : await published.meet(taken, engine.lastCommandSequence);
          if (published?.isMet === false) continue;
          const cut = piecesOf(rows, PIECE_BYTES, engine.lastEventSequence, engine.lastCommandSequence);
          const isLast = draw() % 4 === 0;
          for (const piece of isLast ? cut.slice(0, draw() % (cut.length + 1)) : cut)
            pieces.push({ ...piece, rows: piece.rows.slice() });
          if (isLast) break;
        }
      }
      const { fresh } = await replay(commands, publishedOutput(pieces), () => 1);
      expect(fresh, `seed ${seed}`).to.deep.equal([]);
    }
  });

  it("is told from other events, whichever bit differs", async () => {
    const draw = mulberry32(12);
    const all = publish(commands, () => 20);
    for (let round = 0; round < 300; round++) {
      const at = draw() % all.length;
      const piece = all[at] as PublishedRows;
      if (piece.rows.length === 0) continue;
      const rows = piece.rows.slice();
      const byte = draw() % rows.length;
      rows[byte] = (rows[byte] as number) ^ (1 << (draw() % 8));
      const changed = all.map((other) => (other === piece ? { ...piece, rows } : other));
      const failure = await failureOf(replay(commands, publishedOutput(changed), () => 16));
      expect(failure, `piece ${at}, byte ${byte}`).to.satisfy(
        (error: unknown) => error instanceof InvariantBroken || error instanceof CodecError,
      );
    }
  });

  it("is told from a replay that leaves events out, at the end of its batch", async () => {
    const all = publish(commands, () => 20);
    const without = commands.map(
      (command, index): Command => (index >= 100 ? { ...command, body: { kind: "advance_clock" } } : command),
    );
    expect(await failureOf(replay(without, publishedOutput(all), () => 20))).to.be.instanceOf(InvariantBroken);
  });

  it("is told from a replay that adds events", async () => {
    const quiet = commands.map((command): Command => ({ ...command, body: { kind: "advance_clock" } }));
    const failure = await failureOf(replay(commands, publishedOutput(publish(quiet, () => 20)), () => 20));
    expect(failure).to.be.instanceOf(InvariantBroken);
  });

  it("is told from a stream in which a message is missing", async () => {
    const all = publish(commands, () => 20);
    const failure = await failureOf(replay(commands, publishedOutput(all.toSpliced(5, 1)), () => 20));
    expect(failure).to.be.instanceOf(InvariantBroken);
  });

  it("is told by the first event that differs", async () => {
    const all = publish(commands, () => 20);
    const other = commands.with(10, { ...(commands[10] as Command), body: { kind: "cancel_all", side: null } });
    const failure = await failureOf(replay(other, publishedOutput(all), () => 20));
    expect((failure as Error).message).to.match(/^the replay gave event (\d+) of .* but published was event \1 of/);
  });
});
