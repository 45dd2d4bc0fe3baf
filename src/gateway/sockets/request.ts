/** Requests over a WebSocket: `{ id, op, wait?, args? }`, where args are the body of the same request over HTTP. Pure. */
import { type Static, Type } from "@sinclair/typebox";
import { isRefusal, REJECTS, type Refusal } from "../../shared/domain/rejects.js";
import { parseStrictMsgpack } from "../../shared/http/media-types.js";
import { Problem, problemBody } from "../../shared/http/problem.js";
import { parseStrictJson } from "../../shared/http/strict-json.js";
import { NEW_ORDER, REPLACE } from "../orders/order-body.js";
import { ALL, SECONDS } from "../v1/cancels.js";
import { judged } from "./judged.js";

const strict = { additionalProperties: false };
const PLACE = { asset: Type.String(), order: Type.String() };

/** A key's id and secret, or the access token of somebody who has signed in. */
const LOGIN = Type.Object(
  {
    keyId: Type.Optional(Type.String()),
    secret: Type.Optional(Type.String()),
    token: Type.Optional(Type.String()),
    cancelOnDisconnect: Type.Optional(Type.Boolean()),
  },
  strict,
);
const CANCEL = Type.Object(PLACE, strict);
const REPLACE_OF = Type.Object({ ...PLACE, ...REPLACE.properties }, strict);
const ANY = Type.Object({}, { additionalProperties: true });
const NONE = Type.Object({}, strict);

/** By op, what its args are. Channels judge those of subscriptions. */
const ARGS = {
  login: LOGIN,
  order: NEW_ORDER,
  cancel: CANCEL,
  replace: REPLACE_OF,
  cancel_all: ALL,
  timer: SECONDS,
  subscribe: ANY,
  unsubscribe: ANY,
  ping: NONE,
} as const;
export type Op = keyof typeof ARGS;

const OPS = Object.keys(ARGS) as Op[];
const ENVELOPE = Type.Object(
  {
    id: Type.Unsafe<string | number>({ anyOf: [{ type: "string", maxLength: 64 }, { type: "integer" }] }),
    op: Type.Unsafe<Op>({ type: "string", enum: OPS }),
    wait: Type.Optional(Type.Unsafe<"ack" | "result">({ type: "string", enum: ["ack", "result"] })),
    args: Type.Optional(ANY),
  },
  strict,
);

export type Id = string | number | null;
export type SocketRequest = {
  [Name in Op]: {
    readonly id: Id;
    readonly op: Name;
    readonly waitsForResult: boolean;
    readonly args: Static<(typeof ARGS)[Name]>;
  };
}[Op];

/** A request, or why it is none, with the id that it gave. */
export function requestIn(sent: string | Buffer): SocketRequest | { readonly id: Id; readonly problem: Problem } {
  let id: Id = null;
  try {
    const message = typeof sent === "string" ? parseStrictJson(sent) : parseStrictMsgpack(sent);
    id = idIn(message);
    const { op, wait, args = {} } = judged(ENVELOPE, message);
    return { id, op, waitsForResult: wait === "result", args: judged(ARGS[op], args) } as SocketRequest;
  } catch (error) {
    if (error instanceof Problem) return { id, problem: error };
    throw error;
  }
}

/** An answer, or an error in the form of HTTP's. */
export function answerText(id: Id, answer: object | Problem | Refusal): string {
  if (answer instanceof Problem) return JSON.stringify({ id, ok: false, ...problemBody(answer) });
  if (isRefusal(answer) && "name" in answer)
    return JSON.stringify({ id, ok: false, code: REJECTS[answer.name].code, name: answer.name, text: answer.text });
  return JSON.stringify({ id, ok: true, ...answer });
}

function idIn(message: unknown): Id {
  const id = typeof message === "object" && message !== null && "id" in message ? message.id : null;
  return (typeof id === "string" && id.length <= 64) || typeof id === "number" ? id : null;
}
