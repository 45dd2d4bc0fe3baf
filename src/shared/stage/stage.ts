/**
 * The interface of a pipeline stage, as the one loop (stage-loop.ts) calls it. The design is in docs/arch.md, One rule for
 * every stage.
 */

import type { StreamSequence } from "../domain/units.js";
import type { AssetInput } from "./asset-input.js";
import type { StageName } from "./topology.js";

export interface Stage {
  /** Its line in topology.ts names its input and output. */
  readonly name: StageName;
  /**
   * Reads the asset's checkpoint, publishes what was stored and not published, and returns the input message to go on
   * after. If the stream was rebuilt and is shorter than that, the loop reads it from the start; `handle` skips what was
   * handled before by the stage's own sequence.
   */
  recover(asset: string): Promise<{ readonly afterSequence: StreamSequence }>;
  /** Set if assets have nothing to do with one another: they are handled, and recovered, side by side, each by itself. */
  readonly keepsAssetsApart?: true;
  /**
   * Handles the input of one or several assets; resolves once the outcome is stored and published. Rejecting with
   * AssetHalted stops that asset and nothing else; with Fenced ends the service; with anything else sends the assets of
   * this batch, and no others, back to `recover`. If the input is to blame (BadInput, an error of Postgres about a value),
   * the batch is tried again in halves until one message fails alone: it goes to the dead letters, then to `salvage`.
   */
  handle(inputs: readonly AssetInput[]): Promise<void>;
  /**
   * Handles the good parts of a message that can't be handled whole; if this fails, too, because of the message, the rest
   * of it is skipped. A stage without it halts the asset: trade-processing, because a trade is never skipped.
   */
  salvage?(input: AssetInput): Promise<void>;
  /** False while the next stage is too far behind: the asset's input waits. Asked again every TICK_MS. */
  accepts?(asset: string): boolean;
  /** Called every TICK_MS, also without input, and never while `handle` runs. */
  tick?(): Promise<void>;
  /**
   * Prepares a quick start of the asset in another process. Called between two batches; the asset's input is still handled
   * here until this resolves.
   */
  prepareRelease?(asset: string): Promise<void>;
  /**
   * Forgets the asset: it is another process's from now on, or halted, or the outcome of its last batch is in doubt.
   * Nothing is handled for it any more, unless `recover` comes first.
   */
  release(asset: string): Promise<void>;
}

/** One asset can't go on, for this reason; the others can. */
export class AssetHalted extends Error {
  override readonly name = "AssetHalted";
  readonly asset: string;

  constructor(asset: string, cause: unknown) {
    super(`${asset} is halted: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.asset = asset;
  }
}

/** Runs work for one asset, whose failure must halt that asset. */
export function haltingAsset<T>(asset: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new AssetHalted(asset, cause);
  }
}
