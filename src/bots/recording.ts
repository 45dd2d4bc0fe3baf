/** What a market was like at each look, as lines of JSON: recorded once, it can be decided on again and again. */
import * as v from "valibot";
import { ConfigurationError } from "../shared/domain/errors.js";
import type { Touch } from "./market.js";

const ticks = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1)));
const LINE = v.strictObject({
  asset: v.string(),
  bot: v.string(),
  touch: v.strictObject({ bestBidTicks: ticks, bestAskTicks: ticks, lastTicks: ticks }),
});

/** What a bot saw of an asset. */
export interface Look {
  readonly asset: string;
  readonly bot: string;
  readonly touch: Touch;
}

export function lookLine({ asset, bot, touch }: Look): string {
  return `${JSON.stringify({ asset, bot, touch })}\n`;
}

/** Throws ConfigurationError, which names the line. */
export function parseLooks(text: string): Look[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line, at) => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), LINE), line);
    if (parsed.success) return parsed.output;
    throw new ConfigurationError(`line ${at + 1} is no look at a market: ${parsed.issues[0].message}`);
  });
}
