/**
 * JSON or MessagePack, in and out: a body is what its Content-Type says, an answer what Accept asks for, JSON if it asks for nothing.
 * MessagePack is held to the rules of strict-json.ts: no field twice, amounts as their own text, nothing nested deeply.
 */
import { Decoder, encode } from "@msgpack/msgpack";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { refuse } from "../domain/rejects.js";
import { Problem } from "./problem.js";

const MSGPACK = "application/msgpack";
/** Names under which clients know it, too. */
const MSGPACK_TYPES = [MSGPACK, "application/x-msgpack", "application/vnd.msgpack"];
const IS_MSGPACK = /\bapplication\/(x-|vnd\.)?msgpack\b/i;

const DEPTH_MAX = 16;
/** What a length in front may claim: a few bytes must not make us reserve gigabytes. */
const CLAIMS = { maxStrLength: 65_536, maxBinLength: 0, maxArrayLength: 1_024, maxMapLength: 256, maxExtLength: 0 };

/** Fastify sends bytes, too, which its type does not say. */
type Serializer = (payload: unknown) => string;

export function addMediaTypes(server: FastifyInstance): void {
  server.addContentTypeParser<Buffer>(
    MSGPACK_TYPES,
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => {
      request.rawBody = body.toString("latin1");
      return parseStrictMsgpack(body);
    },
  );
  server.addHook("onRequest", async (request, reply) => {
    answerAsAsked(request, reply);
  });
}

/** Fastify forgets it of a request that failed. */
export function answerAsAsked(request: FastifyRequest, reply: FastifyReply): void {
  if (wantsMsgpack(request)) void reply.type(MSGPACK).serializer(packed as unknown as Serializer);
}

export function wantsMsgpack({ headers }: Pick<FastifyRequest, "headers">): boolean {
  return headers.accept !== undefined && IS_MSGPACK.test(headers.accept);
}

/** Sends bytes that are encoded already. */
export function sendEncoded(reply: FastifyReply, isMsgpack: boolean, bytes: Buffer): FastifyReply {
  return reply.type(isMsgpack ? MSGPACK : "application/json; charset=utf-8").send(bytes);
}

export function packed(payload: unknown): Buffer {
  const { buffer, byteOffset, byteLength } = encode(payload, { ignoreUndefined: true });
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Throws a Problem. */
export function parseStrictMsgpack(body: Uint8Array): unknown {
  const seen = new Map<string, number>();
  const decoder = new Decoder({
    ...CLAIMS,
    mapKeyConverter: (key: unknown) => {
      if (typeof key !== "string") throw malformed("a field's name must be text");
      seen.set(key, (seen.get(key) ?? 0) + 1);
      return key;
    },
  });
  let value: unknown;
  try {
    value = decoder.decode(body);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw malformed(`the body is not MessagePack: ${(error as Error).message.slice(0, 100)}`);
  }
  const plain = withNumbersAsText(value, seen, 1);
  for (const [field, more] of seen)
    if (more > 0) {
      const text = `the field ${field.slice(0, 100)} is there twice`;
      throw new Problem(refuse("UNSUPPORTED_COMBINATION", text), { field: field.slice(0, 100) });
    }
  return plain;
}

/** Takes each field that is there off `seen`: what is left was there before, and was overwritten. */
function withNumbersAsText(value: unknown, seen: Map<string, number>, depth: number): unknown {
  if (depth > DEPTH_MAX) throw malformed(`the body is nested deeper than ${DEPTH_MAX} levels`);
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : String(value);
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map((one) => withNumbersAsText(one, seen, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([field, one]) => {
    seen.set(field, (seen.get(field) ?? 0) - 1);
    return [field, withNumbersAsText(one, seen, depth + 1)];
  });
  return Object.fromEntries(fields);
}

function malformed(text: string): Problem {
  return new Problem(refuse("MALFORMED_MESSAGE", text));
}
