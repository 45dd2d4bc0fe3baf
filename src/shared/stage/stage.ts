/**
 * What every stage of the pipeline brings to the one loop (stage-loop.ts): what it does with a batch, and where its
 * checkpoint stands (design: docs/arch.md, One rule for every stage).
 */

import type { StreamSequence } from "../domain/units.js";
import type { AssetInput } from "./asset-input.js";
import type { StageName } from "./topology.js";

export interface Stage {
  /** Says what it reads and writes (topology.ts). */
  readonly name: StageName;
  /**
   * Reads the asset's checkpoint, finishes what was stored and not published, and says after which input to go on. A
   * stream that was rebuilt may be shorter than the checkpoint says: what was handled before is skipped by `handle`,
   * by the stage's own sequence.
   */
  recover(asset: string): Promise<{ readonly afterSequence: StreamSequence }>;
  /** Assets have nothing to do with one another: each is handled by itself, side by side, and recovered beside others. */
  readonly keepsAssetsApart?: true;
  /**
   * Handles the input of one or several assets; resolves once its outcome is stored and published. An AssetHalted
   * stops that asset and nothing else; Fenced ends the service; anything else sends the assets of this batch, and no
   * others, back to `recover`. What is the input's fault (BadInput, an error of Postgres about a value) is tried again in
   * halves, until the message is found that fails alone: it goes to the dead letters, and then to `salvage`.
   */
  handle(inputs: readonly AssetInput[]): Promise<void>;
  /**
   * Does what can be done with one message that can't be handled whole; what remains of it is skipped when this, too,
   * fails by its fault. Without it the asset halts, because a trade is never skipped.
   */
  salvage?(input: AssetInput): Promise<void>;
  /** False: what comes after this stage is too far behind; the asset's input waits. Asked again every TICK_MS. */
  accepts?(asset: string): boolean;
  /** Called every TICK_MS, also without input, and never while `handle` runs. */
  tick?(): Promise<void>;
  /**
   * The asset is soon another process's: makes its start there quick. Called between two batches; the asset's input goes
   * on being handled until this resolves.
   */
  prepareRelease?(asset: string): Promise<void>;
  /**
   * Forgets the asset: it is another process's from now on, or halted, or what was done for it last is in doubt. Nothing is
   * done for it any more, unless `recover` comes first.
   */
  release(asset: string): Promise<void>;
}

/** One asset can't go on, and why; the others can. */
export class AssetHalted extends Error {
  override readonly name = "AssetHalted";
  readonly asset: string;

  constructor(asset: string, cause: unknown) {
    super(`${asset} is halted: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.asset = asset;
  }
}

/** Runs the asset's part of recovering; what it throws halts the asset. */
export function haltingAsset<T>(asset: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new AssetHalted(asset, cause);
  }
}
