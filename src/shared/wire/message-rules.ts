/** The messages of protocol/ as the guard of protobuf.ts must know them, and the code generated from them. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { CodecError } from "../domain/errors.js";

const generated = new URL("../../../protocol/generated/", import.meta.url);

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const FIXED32 = 5;

/** Wire types of the scalars that the guard knows. Signed integers are for values from 0 on, as the others are. */
const SCALARS = {
  uint64: VARINT,
  int64: VARINT,
  uint32: VARINT,
  int32: VARINT,
  bool: VARINT,
  float: FIXED32,
  string: LENGTH_DELIMITED,
  bytes: LENGTH_DELIMITED,
} as const;

export type Kind = keyof typeof SCALARS | "enum" | "message";

export interface FieldRule {
  readonly name: string;
  readonly id: number;
  readonly kind: Kind;
  readonly repeated: boolean;
  /** The bits of all members of the field's oneof; 0: it is in none. */
  oneofBits: number;
  /** The rule of a message field's message; set once all rules are read. */
  message: MessageRule | null;
}

export interface MessageRule {
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

interface JsonMethod {
  readonly requestType: string;
  readonly responseType: string;
  readonly requestStream?: boolean;
  readonly responseStream?: boolean;
}

interface JsonNode {
  readonly nested?: Record<string, JsonNode>;
  readonly fields?: Record<string, { type: string; id: number; rule?: string }>;
  readonly oneofs?: Record<string, { oneof: string[] }>;
  readonly values?: Record<string, number>;
  readonly methods?: Record<string, JsonMethod>;
}

/** grpc.json; null: it was not read yet. */
let grpcSchema: JsonNode | null = null;

/** The methods of a service of gRPC by their names. Throws a CodecError if there is no such service. */
export function serviceMethods(service: string): Readonly<Record<string, JsonMethod>> {
  const methods = grpcNode(service)?.methods;
  if (methods === undefined) throw new CodecError(`there is no service ${service} in protocol/`);
  return methods;
}

/** Whether a package of gRPC has this message, enumeration or service, or a field, value or method of one. */
export function hasSymbol(symbol: string, inPackage: string): boolean {
  if (!symbol.startsWith(`${inPackage}.`)) return false;
  const [owner, member] = [
    grpcNode(symbol.slice(0, symbol.lastIndexOf("."))),
    symbol.slice(symbol.lastIndexOf(".") + 1),
  ];
  if (owner === undefined) return false;
  return [owner.nested, owner.fields, owner.values, owner.methods].some((names) => Object.hasOwn(names ?? {}, member));
}

function grpcNode(path: string): JsonNode | undefined {
  grpcSchema ??= JSON.parse(generatedText("grpc.json")) as JsonNode;
  let node: JsonNode | undefined = grpcSchema;
  for (const name of path.split(".")) node = Object.hasOwn(node?.nested ?? {}, name) ? node?.nested?.[name] : undefined;
  return node;
}

/** Of each package that gRPC serves its FileDescriptorProto. */
export function packageDescriptors(): ReadonlyMap<string, Uint8Array> {
  const texts = JSON.parse(generatedText("descriptors.json")) as Record<string, string>;
  return new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text, "base64")]));
}

function generatedText(name: string): string {
  return readFileSync(new URL(name, generated), "utf8");
}

/** Reads the messages of one generated file, which is loaded with that. */
export function readRules(name: string): Map<string, MessageRule> {
  const code: unknown = createRequire(import.meta.url)(fileURLToPath(new URL(`${name}.cjs`, generated)));
  const found = new Map<string, MessageRule>();
  const links: (() => void)[] = [];
  const visit = (node: JsonNode, path: string, code: Record<string, unknown>): void => {
    for (const [name, child] of Object.entries(node.nested ?? {})) {
      const childPath = path === "" ? name : `${path}.${name}`;
      const childCode = code[name] as Record<string, unknown>;
      if (child.fields !== undefined) found.set(childPath, messageRule(childPath, child, childCode, links, found));
      else if (child.nested !== undefined) visit(child, childPath, childCode);
    }
  };
  visit(JSON.parse(generatedText(`${name}.json`)) as JsonNode, "", code as Record<string, unknown>);
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
    const scalar = Object.hasOwn(SCALARS, fieldType);
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
    if (is64Bit(field.kind) && rule.coder.prototype[name] !== null) rule.coder.prototype[name] = 0;
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

export function is64Bit(kind: Kind): boolean {
  return kind === "uint64" || kind === "int64";
}

export function wireTypeOf(kind: Kind): number {
  if (kind === "enum") return VARINT;
  return kind === "message" ? LENGTH_DELIMITED : SCALARS[kind];
}
