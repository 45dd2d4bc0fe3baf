/** The ids of a sampled order's trace, and which orders are sampled. Pure. */
import { createHash } from "node:crypto";
import type { SettledOrder, Step } from "../shared/order-way/order-way.js";

const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;
/** The end of a trace id that decides, as OpenTelemetry's own samplers do: 56 bits, of which the first 32 are looked at first. */
const DECIDING_DIGITS = 14;
const FIRST_DIGITS = 8;

type Ids = Pick<SettledOrder, "asset" | "orderId" | "commandSequence">;

/** The same for the same order, whoever exports it how often: a collector knows it again. */
export function traceIdOf({ asset, orderId, commandSequence }: Ids): string {
  const begin = digest(`${asset}:${orderId}`).slice(0, TRACE_ID_DIGITS - DECIDING_DIGITS);
  return begin + decidingDigits(seedsOf(asset), commandSequence);
}

/** `hop`: a step, or "order" for the whole way. */
export function spanIdOf({ asset, orderId }: Pick<Ids, "asset" | "orderId">, hop: Step | "order"): string {
  return digest(`${asset}:${orderId}:${hop}`).slice(0, SPAN_ID_DIGITS);
}

/** Orders whose trace id's deciding digits are below it are sampled. */
export function samplingThreshold(percent: number): string {
  if (percent >= 100) return `${"f".repeat(DECIDING_DIGITS)}00`; // above each of them
  const share = BigInt(Math.round((percent / 100) * 2 ** (4 * DECIDING_DIGITS)));
  return share.toString(16).padStart(DECIDING_DIGITS, "0");
}

export function isSampled(traceId: string, threshold: string): boolean {
  return traceId.slice(-DECIDING_DIGITS) < threshold;
}

/** The commands of an asset that are looked at next: those after one, through another. */
export interface Window {
  readonly asset: string;
  readonly after: number;
  readonly through: number;
}

/**
 * The window's first commands, `max` at most, whose order is sampled if they are one. What decides follows from the command's
 * place alone: so nothing has to be read of the others.
 */
export function sampledIn({ asset, after, through }: Window, threshold: string, max: number): number[] {
  const seeds = seedsOf(asset);
  const firstMax = Number.parseInt(threshold.slice(0, FIRST_DIGITS), 16);
  const sampled: number[] = [];
  for (let command = after + 1; command <= through && sampled.length < max; command++)
    if (mixed(seeds[0], command) <= firstMax && decidingDigits(seeds, command) < threshold) sampled.push(command);
  return sampled;
}

type Seeds = readonly [first: number, rest: number];

function seedsOf(asset: string): Seeds {
  const digits = digest(asset);
  const seed = (from: number) => Number.parseInt(digits.slice(from, from + FIRST_DIGITS), 16);
  return [seed(0), seed(FIRST_DIGITS)];
}

function decidingDigits([first, rest]: Seeds, command: number): string {
  return (hex(mixed(first, command)) + hex(mixed(rest, command))).slice(0, DECIDING_DIGITS);
}

const hex = (bits: number) => bits.toString(16).padStart(FIRST_DIGITS, "0");

/** MurmurHash3 (x86, 32 bits) of the number as 64 bits, little-endian: evenly spread also where numbers follow each other. */
function mixed(seed: number, number: number): number {
  let hash = withWord(withWord(seed, number >>> 0), Math.floor(number / 2 ** 32)) ^ 8;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function withWord(hash: number, word: number): number {
  const scrambled = Math.imul(rotated(Math.imul(word, 0xcc9e_2d51), 15), 0x1b87_3593);
  return (Math.imul(rotated(hash ^ scrambled, 13), 5) + 0xe654_6b64) | 0;
}

const rotated = (bits: number, by: number) => (bits << by) | (bits >>> (32 - by));

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
