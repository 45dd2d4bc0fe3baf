/** An engine that is run again: what it gives is compared with what was published, batch by batch. */
import type { Engine } from "@bourse/matching-core";
import type { PublishedOutput } from "../../src/matching-engine/published-output.js";
import { CodecError, InvariantBroken } from "../../src/shared/domain/errors.js";
import type { Command, Trade } from "../../src/shared/domain/messages.js";
import { readRows } from "../../src/shared/wire/event-rows.js";

export interface ReplayCounts {
  commands: number;
  events: number;
  trades: number;
}

/** Called with the trades of a batch; throws a Difference. */
export type TradesCheck = (trades: readonly Trade[]) => Promise<void>;

/** The replay gives something else than what happened. */
export class Difference extends Error {
  override readonly name = "Difference";
}

/** Cuts batches where a caller wants to look at the engine. */
export class CommandFeed {
  readonly #batches: AsyncIterator<readonly Command[]>;
  #rest: readonly Command[] = [];

  constructor(batches: AsyncIterable<readonly Command[]>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** The commands that were not taken yet, through the given one. */
  async *through(last: number): AsyncGenerator<readonly Command[]> {
    for (;;) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#batches.next();
        if (done === true) return;
        this.#rest = value;
      }
      const count = this.#rest.findIndex(({ commandSequence }) => commandSequence > last);
      const batch = count === -1 ? this.#rest : this.#rest.slice(0, count);
      this.#rest = count === -1 ? [] : this.#rest.slice(count);
      if (batch.length > 0) yield batch;
      if (count !== -1 || batch.at(-1)?.commandSequence === last) return;
    }
  }
}

/** Throws a Difference, or an Error where commands are missing. `published` null: nothing was, or it is not compared. */
export async function replay(
  engine: Engine,
  batches: AsyncIterable<readonly Command[]>,
  published: PublishedOutput | null,
  checkTrades: TradesCheck,
): Promise<ReplayCounts> {
  const counts: ReplayCounts = { commands: 0, events: 0, trades: 0 };
  for await (const batch of batches) {
    for (const command of batch) {
      const next = engine.lastCommandSequence + 1;
      if (command.commandSequence < next) continue;
      if (command.commandSequence > next)
        throw new Error(
          `command ${next} is not there any more, the next one is ${command.commandSequence}; try --source stored-commands`,
        );
      engine.execute(command);
      counts.commands++;
    }
    const rows = engine.events.take();
    if (published !== null && !published.isMet)
      await asDifference(() => published.meet(rows, engine.lastCommandSequence));
    const events = readRows(rows);
    const trades = events.flatMap(({ body }) => (body.kind === "trade" ? [body] : []));
    counts.events += events.length;
    counts.trades += trades.length;
    await checkTrades(trades);
  }
  return counts;
}

async function asDifference(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!(cause instanceof InvariantBroken || cause instanceof CodecError)) throw cause;
    throw new Difference(cause.message, { cause });
  }
}
