/**
 * The one owner of the generated protobuf code, and its guard. protobufjs writes a bigint as 0, 1.5 as 1 and −1 in a
 * uint64 as 2^64−1; on the way in it drops a field with a wrong wire type and takes the last of duplicates. Here each
 * of the five, and every integer that a JavaScript number can't hold exactly, is a CodecError.
 */
import protobuf from "protobufjs/minimal.js";
import { CodecError } from "../domain/errors.js";
import {
  FIXED32,
  FIXED64,
  type FieldRule,
  is64Bit,
  LENGTH_DELIMITED,
  type MessageRule,
  readRules,
  VARINT,
  wireTypeOf,
} from "./message-rules.js";

// Without the Long class protobufjs reads 64-bit fields as numbers; the guard has made sure that they fit. The generated
// code is loaded after this, because it takes its default values from here, too.
protobuf.util.Long = undefined as unknown as typeof protobuf.util.Long;
protobuf.configure();
// The library's own readUint64 goes by two 32-bit halves, bit by bit: slow, most of all before V8 has compiled it.
Object.assign(protobuf.Reader.prototype, { uint64: readUint64 });
// The library would delete absent members of a oneof from each message. The guard has made sure that there are none to
// delete, and V8 reads objects with deletions many times slower.
protobuf.util.oneOfSetter = () => () => undefined;
const NESTING_MAX = 8;

/**
 * A decoded message. The .proto says what its fields hold, and the guard has checked it (integers are safe, required fields
 * read as their zero); the types of the generated code can't express that for the brands.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above; the codecs of this room are where wire becomes type
export type Wire = any;

const rules = readRules("wire");
/** Those of gRPC, which the gateway alone needs; null: they are not loaded yet. */
let grpcRules: ReadonlyMap<string, MessageRule> | null = null;

/** Encodes a message. Throws a CodecError for a field or a value that it can't carry exactly. */
export function encodeMessage(type: string, message: object): Uint8Array {
  const rule = ruleOf(type);
  checkPlain(rule, message as Record<string, unknown>);
  return rule.coder.encode(message).finish();
}

/**
 * Decodes a message. Absent fields read as protobufjs defaults, absent `optional` fields as null. Throws a CodecError. With
 * "any integers" uint64 fields above 2^53-1 pass, rounded: the caller refuses them by name.
 */
export function decodeMessage<T extends object>(
  type: string,
  bytes: Uint8Array,
  integers: "safe integers" | "any integers" = "safe integers",
): T {
  const rule = ruleOf(type);
  const uint64Max = integers === "any integers" ? Number.POSITIVE_INFINITY : Number.MAX_SAFE_INTEGER;
  scanWire(rule, bytes, 0, bytes.length, NESTING_MAX, uint64Max);
  try {
    return rule.coder.decode(bytes) as T;
  } catch (cause) {
    throw new CodecError(`${type} can't be decoded`, { cause });
  }
}

function grpcRuleOf(type: string): MessageRule | undefined {
  grpcRules ??= readRules("grpc");
  return grpcRules.get(type);
}

function ruleOf(type: string): MessageRule {
  const rule = rules.get(type) ?? grpcRuleOf(type);
  if (rule === undefined) throw new CodecError(`there is no message ${type} in protocol/`);
  return rule;
}

function checkPlain(rule: MessageRule, message: Record<string, unknown>): void {
  let seen = 0;
  for (const key in message) {
    const value = message[key];
    if (value === undefined || value === null) continue;
    const field = rule.byName.get(key);
    if (field === undefined) throw new CodecError(`${rule.type} has no field ${key}`);
    if ((seen & field.oneofBits) !== 0) throw new CodecError(`${rule.type}.${key} is the second of a oneof`);
    seen |= 1 << field.id;
    if (field.repeated) {
      if (!Array.isArray(value)) throw new CodecError(`${rule.type}.${key} is not a list`);
      for (const item of value) checkValue(rule, field, item);
    } else checkValue(rule, field, value);
  }
}

function checkValue(rule: MessageRule, field: FieldRule, value: unknown): void {
  if (field.message !== null && typeof value === "object" && value !== null) {
    checkPlain(field.message, value as Record<string, unknown>);
    return;
  }
  if (field.kind === "bytes" && value instanceof Uint8Array) return;
  const max = is64Bit(field.kind) ? Number.MAX_SAFE_INTEGER : 0xffff_ffff;
  if (field.kind === "float" && typeof value === "number") return;
  const fits =
    field.kind === "string" || field.kind === "bool"
      ? typeof value === (field.kind === "bool" ? "boolean" : "string")
      : field.kind !== "message" &&
        field.kind !== "bytes" &&
        Number.isSafeInteger(value) &&
        (value as number) >= 0 &&
        (value as number) <= max;
  if (!fits) throw new CodecError(`${rule.type}.${field.name} can't carry ${typeof value} ${String(value)}`);
}

/** The end of the varint that readVarint read last. */
let varintEnd = 0;

function readVarint(rule: MessageRule, bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  let factor = 1;
  for (let at = start; at < end && at < start + 10; at++) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      varintEnd = at + 1;
      return value;
    }
    factor *= 128;
  }
  throw new CodecError(`${rule.type} is cut off or holds an integer of more than 64 bits`);
}

/** Values above 2^53 are rounded. The guard has walked over the bytes before: no varint is too long or cut off. */
function readUint64(this: protobuf.Reader): number {
  let value = 0;
  let factor = 1;
  for (;;) {
    if (this.pos >= this.len) throw new RangeError("a varint is cut off");
    const byte = this.buf[this.pos++] as number;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 128;
  }
}

/** Walks over the bytes without building anything, and refuses those that protobufjs would read differently than written. */
function scanWire(
  rule: MessageRule,
  bytes: Uint8Array,
  start: number,
  end: number,
  depthLeft: number,
  uint64Max: number,
): void {
  if (depthLeft === 0) throw new CodecError(`${rule.type} is nested too deeply`);
  let seen = 0;
  let at = start;
  while (at < end) {
    const tag = readVarint(rule, bytes, at, end);
    const wireType = tag % 8;
    const id = Math.floor(tag / 8);
    const field = id < 32 ? rule.byId[id] : undefined;
    at = varintEnd;
    if (id === 0 || id > 0x1fff_ffff) throw new CodecError(`${rule.type} holds a field with the number ${id}`);
    if (field !== undefined) {
      if (wireType !== wireTypeOf(field.kind))
        throw new CodecError(`${rule.type}.${field.name} has wire type ${wireType}`);
      const bit = 1 << id;
      if (!field.repeated && (seen & (bit | field.oneofBits)) !== 0)
        throw new CodecError(`${rule.type}.${field.name} is given twice, or beside another of its oneof`);
      seen |= bit;
    }
    if (wireType === VARINT) {
      const value = readVarint(rule, bytes, at, end);
      at = varintEnd;
      if (field !== undefined) checkRange(rule, field, value, uint64Max);
    } else if (wireType === LENGTH_DELIMITED) {
      const length = readVarint(rule, bytes, at, end);
      at = varintEnd + length;
      if (at > end) throw new CodecError(`${rule.type} is cut off`);
      if (field?.message) scanWire(field.message, bytes, at - length, at, depthLeft - 1, uint64Max);
    } else if (wireType === FIXED64 || wireType === FIXED32) {
      at += wireType === FIXED64 ? 8 : 4;
      if (at > end) throw new CodecError(`${rule.type} is cut off`);
    } else throw new CodecError(`${rule.type} holds a field of wire type ${wireType}`);
  }
}

function checkRange(rule: MessageRule, field: FieldRule, value: number, uint64Max: number): void {
  const max = is64Bit(field.kind) ? uint64Max : field.kind === "bool" ? 1 : 0xffff_ffff;
  if (value > max) throw new CodecError(`${rule.type}.${field.name} is above ${max}`);
}
