import type { InputMessage } from "../bus/reader.js";

/** What has gathered of one asset: messages in stream order, at least one. */
export interface AssetInput {
  readonly asset: string;
  readonly messages: readonly InputMessage[];
}
