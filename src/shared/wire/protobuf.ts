/**
 * The one owner of the generated protobuf code, and its guard. protobufjs writes a bigint as 0, 1.5 as 1 and −1 in a
 * uint64 as 2^64−1; on the way in it drops a field with a wrong wire type and takes the last of duplicates. Here each
 * of the five, and every integer that a JavaScript number can't hold exactly, is a CodecError.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import protobuf from "protobufjs/minimal.js";
import { CodecError } from "../domain/errors.js";

// Without the Long class protobufjs reads 64-bit fields as numbers; the guard has made sure that they fit. The generated
// code is loaded after this, because it takes its default values from here, too.
protobuf.util.Long = undefined as unknown as typeof protobuf.util.Long;
protobuf.configure();
// The library's own readUint64 goes by two 32-bit halves, bit by bit: slow, most of all before V8 has compiled it.
Object.assign(protobuf.Reader.prototype, { uint64: readUint64 });
// The library would delete absent members of a oneof from each message. The guard has made sure that there are none to
// delete, and V8 reads objects with deletions many times slower.
protobuf.util.oneOfSetter = () => () => undefined;
const generated: unknown = createRequire(import.meta.url)("../../../protocol/generated/wire.cjs");

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const NESTING_MAX = 8;

/**
 * A decoded message. The .proto says what its fields hold, and the guard has checked it (integers are safe, required fields
 * read as their zero); the types of the generated code can't express that for the brands.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above; the codecs of this room are where wire becomes type
export type Wire = any;

type Kind = "uint64" | "uint32" | "bool" | "string" | "bytes" | "enum" | "message";

interface FieldRule {
  readonly name: string;
  readonly id: number;
  readonly kind: Kind;
  readonly repeated: boolean;
  /** The bits of all members of the field's oneof; 0: it is in none. */
  oneofBits: number;
  /** The rule of a message field's message; set once all rules are read. */
  message: MessageRule | null;
}

interface MessageRule {
  readonly type: string;
  readonly byId: (FieldRule | undefined)[];
  readonly byName: Map<string, FieldRule>;
  readonly coder: Coder;
}

interface Coder {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  /** The value that an absent field reads as. */
  readonly prototype: Record<string, unknown>;
}

interface JsonNode {
  readonly nested?: Record<string, JsonNode>;
  readonly fields?: Record<string, { type: string; id: number; rule?: string }>;
  readonly oneofs?: Record<string, { oneof: string[] }>;
  readonly values?: Record<string, number>;
}

const rules = readRules();

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

function ruleOf(type: string): MessageRule {
  const rule = rules.get(type);
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
  const max = field.kind === "uint64" ? Number.MAX_SAFE_INTEGER : 0xffff_ffff;
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
      const isVarint = field.kind !== "string" && field.kind !== "bytes" && field.kind !== "message";
      const expected = isVarint ? VARINT : LENGTH_DELIMITED;
      if (wireType !== expected) throw new CodecError(`${rule.type}.${field.name} has wire type ${wireType}`);
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
  const max = field.kind === "uint64" ? uint64Max : field.kind === "bool" ? 1 : 0xffff_ffff;
  if (value > max) throw new CodecError(`${rule.type}.${field.name} is above ${max}`);
}

function readRules(): Map<string, MessageRule> {
  const file = new URL("../../../protocol/generated/wire.json", import.meta.url);
  const found = new Map<string, MessageRule>();
  const links: (() => void)[] = [];
  const visit = (node: JsonNode, path: string, code: Record<string, unknown>): void => {
    for (const [name, child] of Object.entries(node.nested ?? {})) {
      const childPath = path === "" ? name : `${path}.${name}`;
      const childCode = code[name] as Record<string, unknown>;
      if (child.fields !== undefined) found.set(childPath, messageRule(childPath, child, childCode, links, found));
      else if (child.values === undefined) visit(child, childPath, childCode);
    }
  };
  visit(JSON.parse(readFileSync(file, "utf8")) as JsonNode, "", generated as Record<string, unknown>);
  for (const link of links) link();
  return found;
}

function messageRule(
  type: string,
  node: JsonNode,
  coder: unknown,
  links: (() => void)[],
  found: Map<string, MessageRule>,
): MessageRule {
  const rule: MessageRule = { type, byId: [], byName: new Map(), coder: coder as Coder };
  const scope = type.slice(0, type.lastIndexOf("."));
  for (const [name, { type: fieldType, id, rule: label }] of Object.entries(node.fields ?? {})) {
    if (id > 31) throw new CodecError(`${type}.${name}: the guard holds field numbers up to 31`);
    const scalar = ["uint64", "uint32", "bool", "string", "bytes"].includes(fieldType);
    const field: FieldRule = {
      name,
      id,
      kind: scalar ? (fieldType as Kind) : "enum",
      repeated: label === "repeated",
      oneofBits: 0,
      message: null,
    };
    rule.byId[id] = field;
    rule.byName.set(name, field);
    // The generated code was loaded before the Long class was taken away: zeros that are Longs become numbers.
    if (fieldType === "uint64" && rule.coder.prototype[name] !== null) rule.coder.prototype[name] = 0;
    if (scalar) continue;
    links.push(() => {
      const message = found.get(`${scope}.${fieldType}`);
      if (message !== undefined) Object.assign(field, { kind: "message", message });
    });
  }
  for (const { oneof } of Object.values(node.oneofs ?? {})) {
    const members = oneof.map((name) => rule.byName.get(name)).filter((field) => field !== undefined);
    for (const field of members) for (const other of members) if (other !== field) field.oneofBits |= 1 << other.id;
  }
  return rule;
}
