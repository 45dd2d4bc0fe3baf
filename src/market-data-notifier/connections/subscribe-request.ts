import { type Refusal, refuse } from "../../shared/domain/rejects.js";

/** What a client may subscribe to now. Strangers' accounts can't be named: the key of the connection says whose. */
export type ChannelRequest =
  | { readonly channel: "trades"; readonly asset: string }
  | { readonly channel: "orders"; readonly fromSequence: number | null }
  | { readonly channel: "balances" };

const CHANNELS: readonly string[] = ["trades", "orders", "balances"];
/** In the contract, not built yet. */
const LATER_CHANNELS: readonly string[] = ["depth", "ticker", "candles", "status"];
const SHOWN_TEXT_MAX = 40;

/** Checks the argument of `subscribe` or `unsubscribe`, which is whatever a stranger sent. */
export function parseChannelRequest(
  input: unknown,
  knownAssets: ReadonlyMap<string, unknown>,
): ChannelRequest | Refusal {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return refuse("MALFORMED_MESSAGE", `give an object such as {"channel":"trades","asset":"BTC-USD"} and a callback`);
  const { channel, asset, from, ...others } = input as Record<string, unknown>;
  if (typeof channel !== "string" || ![...CHANNELS, ...LATER_CHANNELS].includes(channel))
    return refuse("UNKNOWN_COMMAND", `channel ${shown(channel)} does not exist; use trades, orders or balances`);
  if (LATER_CHANNELS.includes(channel))
    return refuse("UNSUPPORTED_COMBINATION", `channel ${channel} is not available yet; use trades, orders or balances`);
  if ("account" in others)
    return refuse(
      "UNSUPPORTED_COMBINATION",
      "account can't be chosen: orders and balances are those of the key you connected with",
    );
  const [stray] = Object.keys(others);
  if (stray !== undefined)
    return refuse("MALFORMED_MESSAGE", `field ${shown(stray)} is not known; use channel, asset, from`);
  if (asset !== undefined && (typeof asset !== "string" || !knownAssets.has(asset)))
    return refuse(
      "UNKNOWN_ASSET",
      `asset ${shown(asset)} is not traded here; use one of ${[...knownAssets.keys()].join(", ")}`,
    );
  if (channel === "orders") return ordersRequest(from);
  if (channel === "trades" && asset === undefined)
    return refuse("UNKNOWN_ASSET", `channel trades needs an asset, such as "asset":"BTC-USD"`);
  if (from !== undefined) return refuse("UNSUPPORTED_COMBINATION", "from is for the channel orders only");
  return channel === "trades" ? { channel, asset: asset as string } : { channel: "balances" };
}

/** An account has one sequence over all assets, so a valid asset narrows nothing here, nor for balances. */
function ordersRequest(from: unknown): ChannelRequest | Refusal {
  if (from === undefined) return { channel: "orders", fromSequence: null };
  if (typeof from !== "number" || !Number.isSafeInteger(from) || from < 0)
    return refuse(
      "MALFORMED_MESSAGE",
      `from ${shown(from)} is not a whole number from 0; give the last accountSequence you have`,
    );
  return { channel: "orders", fromSequence: from };
}

/** A stranger's value, made fit for one line of an answer. */
function shown(value: unknown): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value)
      : typeof value === "number"
        ? String(value)
        : `of type ${typeof value}`;
  return text.length > SHOWN_TEXT_MAX ? `${text.slice(0, SHOWN_TEXT_MAX)}…` : text;
}
