import type { InputMessage } from "../bus/reader.js";

/** Gathered messages of one asset (at least one), in the order of their stream. */
export interface AssetInput {
  readonly asset: string;
  readonly messages: readonly InputMessage[];
}
