/** The two things that can be run again: a window of a running pipeline, and one that was written to a file. */
import type { Asset } from "../../src/shared/domain/assets.js";
import type { Command } from "../../src/shared/domain/messages.js";
import type { ReplayOptions } from "./options.js";
import type { RecordedAsset, ReplayStart } from "./recorded-asset.js";
import { CommandFeed, Difference, type ReplayCounts, replay } from "./replay-run.js";
import { restoreWindow, type Window, writeWindow } from "./window-file.js";

export interface ReplaySummary {
  readonly asset: string;
  readonly from: number;
  readonly to: number;
  readonly counts: ReplayCounts;
  /** 0: nothing that was published could be compared. */
  readonly comparedThrough: number;
  /** Snapshots of the pipeline that the replay came by, with the same state. */
  readonly hashes: number;
  readonly stateHash: string;
  readonly tookMs: number;
}

type RecordedOptions = Pick<ReplayOptions, "from" | "to" | "source" | "usesSnapshots" | "exportFile">;

/** Throws a Difference. A window is written in any case, so that a difference can be looked at elsewhere. */
export async function replayRecorded(
  recorded: RecordedAsset,
  terms: Asset,
  { from, to, source, usesSnapshots, exportFile }: RecordedOptions,
): Promise<ReplaySummary> {
  const startedMs = performance.now();
  const start = await recorded.startBefore(from, usesSnapshots);
  const { engine, commandsThrough } = start;
  const published = await recorded.publishedAfter(start);
  const isStored = source === "stored-commands";
  const all = isStored ? recorded.storedCommands(engine.lastCommandSequence) : recorded.commands(commandsThrough);
  const feed = new CommandFeed(all);
  const checkTrades = recorded.checkTrades.bind(recorded);
  await replay(engine, feed.through(from - 1), published, checkTrades);
  const [kept, snapshot] = [new KeptCommands(exportFile !== null), engine.snapshot()];
  const before = engine.lastCommandSequence;
  const counts: ReplayCounts = { commands: 0, events: 0, trades: 0 };
  let hashes = 0;
  let stateHash: string | null = null;
  try {
    const marks = (await recorded.snapshots()).filter((at) => before < at && at <= to).reverse();
    for (const mark of [...marks, to]) {
      const part = await replay(engine, kept.keeping(feed.through(mark)), published, checkTrades);
      for (const name of ["commands", "events", "trades"] as const) counts[name] += part[name];
      if (!marks.includes(mark) || engine.lastCommandSequence !== mark) continue;
      const { engine: other } = await recorded.snapshot(mark);
      if (other.stateHash() !== engine.stateHash())
        throw new Difference(
          `after command ${mark} the state is ${engine.stateHash()}, its snapshot's ${other.stateHash()}`,
        );
      hashes++;
    }
    if (counts.commands === 0) throw new Error(`there is no command ${from}; the last one is ${before}`);
    stateHash = engine.stateHash();
  } finally {
    await published?.close();
    if (exportFile !== null)
      await exportWindow(exportFile, recorded, start, terms, { from, snapshot, kept, stateHash });
  }
  const comparedThrough = published === null ? 0 : Math.min(published.throughCommand, engine.lastCommandSequence);
  const window = { asset: terms.asset, from, to: engine.lastCommandSequence };
  return { ...window, counts, comparedThrough, hashes, stateHash, tookMs: performance.now() - startedMs };
}

/** Throws a Difference. */
export async function replayWindow(window: Window): Promise<ReplaySummary> {
  const startedMs = performance.now();
  const { asset, from, to } = window;
  const [engine, published] = restoreWindow(window);
  const commands = (async function* () {
    yield window.commands;
  })();
  const counts = await replay(engine, commands, published, () => Promise.resolve());
  const stateHash = engine.stateHash();
  if (window.stateHash !== null && window.stateHash !== stateHash)
    throw new Difference(`after command ${to} the state is ${stateHash}, and was ${window.stateHash}`);
  const tookMs = performance.now() - startedMs;
  return { asset, from, to, counts, comparedThrough: published === null ? 0 : to, hashes: 0, stateHash, tookMs };
}

class KeptCommands {
  readonly commands: Command[] = [];
  readonly #isKeeping: boolean;

  constructor(isKeeping: boolean) {
    this.#isKeeping = isKeeping;
  }

  async *keeping(batches: AsyncIterable<readonly Command[]>): AsyncGenerator<readonly Command[]> {
    for await (const batch of batches) {
      if (this.#isKeeping) this.commands.push(...batch);
      yield batch;
    }
  }
}

async function exportWindow(
  file: string,
  recorded: RecordedAsset,
  { executionsThrough }: ReplayStart,
  { asset, quoteUnitsPerTickLot }: Pick<Asset, "asset" | "quoteUnitsPerTickLot">,
  { from, snapshot, kept, stateHash }: Pick<Window, "from" | "snapshot" | "stateHash"> & { kept: KeptCommands },
): Promise<void> {
  const { commands } = kept;
  const to = commands.at(-1)?.commandSequence ?? from;
  const events = await recorded.events(executionsThrough, from, to);
  writeWindow(file, { asset, terms: { quoteUnitsPerTickLot }, from, to, snapshot, commands, events, stateHash });
}
