import type { InputMessage } from "../bus/reader.js";

/** Messages of one asset that have gathered, in stream order, at least one. */
export interface AssetInput {
  readonly asset: string;
  readonly messages: readonly InputMessage[];
}
