import { createEngine } from "@bourse/matching-core";
import { expect } from "chai";
import { SCRIPT_OPTIONS } from "../../../packages/matching-core/test/support/market-script.js";
import { mulberry32, RandomFlow } from "../../../packages/matching-core/test/support/random-flow.js";
import { PublishedOutput } from "../../../src/matching-engine/published-output.js";
import { AT_START } from "../../../src/matching-engine/snapshot-store.js";
import { LostPlace, Standby } from "../../../src/matching-engine/standby.js";
import type { Bus } from "../../../src/shared/bus/bus.js";
import type { BusReader, InputMessage, ReaderOptions } from "../../../src/shared/bus/reader.js";
import { CodecError, InvariantBroken } from "../../../src/shared/domain/errors.js";
import type { Command } from "../../../src/shared/domain/messages.js";
import { epochUs, streamSequence } from "../../../src/shared/domain/units.js";
import { type EventRows, type PublishedRows, piecesOf } from "../../../src/shared/wire/event-rows.js";
import { encodeCommandBatch, encodeExecutionBatch } from "../../../src/shared/wire/pipeline-codec.js";

/** Small ones, so that commands span several. */
const PIECE_BYTES = 700;
const SEEDS = Number(process.env["STANDBY_SEEDS"] ?? 20);

/** Both streams of an asset, of which readers see what has come so far. */
class Streams {
  readonly #messages = { COMMANDS: [] as InputMessage[], EXECUTIONS: [] as InputMessage[] };

  put(stream: "COMMANDS" | "EXECUTIONS", data: Uint8Array): void {
    const messages = this.#messages[stream];
    messages.push({ subject: "", streamSequence: streamSequence(messages.length + 1), storedAtUs: epochUs(0), data });
  }

  executions(): readonly InputMessage[] {
    return this.#messages.EXECUTIONS;
  }

  /** What a standby needs of a bus. */
  get bus(): Bus {
    const read = ({ stream, afterSequence }: ReaderOptions) => {
      let at: number = afterSequence;
      const take = (max: number) => {
        const taken = this.#messages[stream as "COMMANDS"].slice(at, at + max);
        at += taken.length;
        return taken;
      };
      return { take, close: () => Promise.resolve() } as unknown as BusReader;
    };
    return { read } as unknown as Bus;
  }
}

/** An engine that publishes in small pieces, dies now and then between two of them, and comes back. */
class Publisher {
  readonly #streams: Streams;
  readonly #commands: Command[] = [];
  #engine = createEngine(SCRIPT_OPTIONS);

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  async publish(commands: readonly Command[], diesAfter: number): Promise<void> {
    for (const command of commands) this.#engine.execute(command);
    this.#commands.push(...commands);
    const pieces = this.#pieces(this.#engine.events.take());
    for (const piece of pieces.slice(0, diesAfter)) this.#put(piece);
    if (diesAfter < pieces.length) await this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    this.#engine = createEngine(SCRIPT_OPTIONS);
    for (const command of this.#commands) this.#engine.execute(command);
    const messages = this.#streams.executions();
    const last = messages.at(-1);
    const rows = this.#engine.events.take();
    const before = (async function* () {
      yield* [...messages];
    })();
    const rest =
      last === undefined ? rows : await new PublishedOutput(before, last).meet(rows, this.#engine.lastCommandSequence);
    for (const piece of this.#pieces(rest)) this.#put(piece);
  }

  #pieces(rows: EventRows): PublishedRows[] {
    return piecesOf(rows, PIECE_BYTES, this.#engine.lastEventSequence, this.#engine.lastCommandSequence);
  }

  #put(piece: PublishedRows): void {
    this.#streams.put("EXECUTIONS", encodeExecutionBatch(piece));
  }
}

async function toTheEnd(standby: Standby): Promise<void> {
  while (await standby.advance());
}

describe("a standby", () => {
  it("gives what is published, however that is cut, and whoever died meanwhile; it begins anew from any of its places", async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const [draw, flow, streams] = [mulberry32(seed), new RandomFlow(seed), new Streams()];
      const publisher = new Publisher(streams);
      const expected = createEngine(SCRIPT_OPTIONS);
      let standby = new Standby(streams.bus, "A-B", createEngine(SCRIPT_OPTIONS), AT_START);
      for (let round = 0; round < 30; round++) {
        const commands = Array.from({ length: 1 + (draw() % 12) }, () => flow.next());
        const cut = draw() % (commands.length + 1);
        for (const message of [commands.slice(0, cut), commands.slice(cut)])
          if (message.length > 0) streams.put("COMMANDS", encodeCommandBatch(message));
        for (const command of commands) expected.apply(command);
        if (draw() % 3 === 0) await standby.advance();
        await publisher.publish(commands, draw() % 4 === 0 ? draw() % 3 : Number.POSITIVE_INFINITY);
        for (let step = draw() % 3; step > 0; step--) await standby.advance();
        expect(standby.engine.lastCommandSequence).to.be.at.most(expected.lastCommandSequence);
        if (draw() % 5 === 0) standby = new Standby(streams.bus, "A-B", standby.engine, standby.places);
      }
      await toTheEnd(standby);
      expect(standby.engine.stateHash(), `seed ${seed}`).to.equal(expected.stateHash());
      expect(standby.places.executionsThrough).to.equal(streams.executions().length);
    }
  });

  async function follow(spoil: (piece: PublishedRows, index: number) => PublishedRows | null): Promise<void> {
    const [flow, streams, engine] = [new RandomFlow(7), new Streams(), createEngine(SCRIPT_OPTIONS)];
    for (let round = 0; round < 10; round++) {
      const commands = Array.from({ length: 10 }, () => flow.next());
      streams.put("COMMANDS", encodeCommandBatch(commands));
      for (const command of commands) engine.execute(command);
      const { lastEventSequence, lastCommandSequence } = engine;
      const [piece] = piecesOf(engine.events.take(), 1 << 20, lastEventSequence, lastCommandSequence);
      const spoilt = spoil(piece as PublishedRows, round);
      if (spoilt !== null) streams.put("EXECUTIONS", encodeExecutionBatch(spoilt));
    }
    await toTheEnd(new Standby(streams.bus, "A-B", createEngine(SCRIPT_OPTIONS), AT_START));
  }

  const reject = (work: Promise<void>) =>
    work.then(
      () => null,
      (err: unknown) => err,
    );

  it("sees every bit that differs", async () => {
    const flipped = (piece: PublishedRows, index: number) => {
      if (index !== 5) return piece;
      const rows = piece.rows.slice();
      rows[rows.length - 2] = (rows[rows.length - 2] as number) ^ 1;
      return { ...piece, rows };
    };
    const err = await reject(follow(flipped));
    expect(err instanceof InvariantBroken || err instanceof CodecError, String(err)).to.equal(true);
  });

  it("takes a hole for one, and not for a difference", async () => {
    expect(await reject(follow((piece, index) => (index === 5 ? null : piece)))).to.be.instanceOf(LostPlace);
  });

  it("is known to have failed once it stands still, though nobody has seen its last step fail yet", async () => {
    const streams = new Streams();
    streams.put("EXECUTIONS", Uint8Array.of(0xff, 0x00, 0x17));
    const standby = new Standby(streams.bus, "BTC-USD", createEngine(SCRIPT_OPTIONS), AT_START);
    const step = standby.advance().catch((error: unknown) => error);
    await standby.close();
    expect(standby.hasFailed).to.equal(true);
    expect(await step).to.be.instanceOf(CodecError);
  });
});
