import { type Refusal, refuse } from "../domain/rejects.js";
import type { Asked, Channel } from "./channel.js";

const SHOWN_TEXT_MAX = 40;

type NamedChannel = Pick<Channel, "name" | "fields">;

export interface KnownNames<OneChannel extends NamedChannel> {
  readonly channels: readonly OneChannel[];
  readonly assets: ReadonlyMap<string, unknown>;
}

/**
 * Checks the argument of `subscribe` or `unsubscribe`, which may be any value, for what all channels have in common: the
 * channel, the asset, and fields that exist. It can't name an account: that is the one of the connection's key.
 */
export function parseSubscribeRequest<OneChannel extends NamedChannel>(
  input: unknown,
  { channels, assets }: KnownNames<OneChannel>,
): (Asked & { readonly channel: OneChannel }) | Refusal {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return refuse("MALFORMED_MESSAGE", `give an object such as {"channel":"trades","asset":"BTC-USD"} and a callback`);
  const { channel, asset, ...fields } = input as Record<string, unknown>;
  const found = channels.find(({ name }) => name === channel);
  if (found === undefined) {
    const names = channels.map(({ name }) => name).join(", ");
    return refuse("UNKNOWN_COMMAND", `channel ${shownValue(channel)} does not exist; use ${names}`);
  }
  if ("account" in fields)
    return refuse(
      "UNSUPPORTED_COMBINATION",
      "account can't be chosen: orders and balances are those of the key you connected with",
    );
  if (asset !== undefined && (typeof asset !== "string" || !assets.has(asset)))
    return refuse(
      "UNKNOWN_ASSET",
      `asset ${shownValue(asset)} is not traded here; use one of ${[...assets.keys()].join(", ")}`,
    );
  const stray = Object.keys(fields).find((field) => !found.fields.includes(field));
  if (stray !== undefined) return strayField(stray, channels);
  return { channel: found, asset: asset ?? null, fields };
}

function strayField(field: string, channels: readonly NamedChannel[]): Refusal {
  const owners = channels.filter(({ fields }) => fields.includes(field)).map(({ name }) => name);
  if (owners.length > 0) return refuse("UNSUPPORTED_COMBINATION", `${field} is for ${owners.join(" and ")} only`);
  const known = ["channel", "asset", ...channels.flatMap(({ fields }) => fields)];
  return refuse("MALFORMED_MESSAGE", `field ${shownValue(field)} is not known; use ${known.join(", ")}`);
}

/** A client's value, made fit for one line of an answer. */
export function shownValue(value: unknown): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value)
      : typeof value === "number"
        ? String(value)
        : `of type ${typeof value}`;
  return text.length > SHOWN_TEXT_MAX ? `${text.slice(0, SHOWN_TEXT_MAX)}…` : text;
}
