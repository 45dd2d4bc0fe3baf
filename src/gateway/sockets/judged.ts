/** Messages judged by a schema, as bodies of HTTP are. */
import type { Static, TSchema } from "@sinclair/typebox";
import { refuse } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";
import { validators } from "../../shared/http/validation.js";

const compile = validators();
const judges = new Map<TSchema, (data: unknown) => unknown>();

/** Throws a Problem. */
export function judged<S extends TSchema>(schema: S, data: unknown): Static<S> {
  let judge = judges.get(schema);
  if (judge === undefined) {
    judge = compile({ schema, method: "POST", url: "", httpPart: "body" }) as (data: unknown) => unknown;
    judges.set(schema, judge);
  }
  const { error, value } = judge(data) as { readonly error?: Error; readonly value?: Static<S> };
  if (error === undefined) return value as Static<S>;
  throw error instanceof Problem ? error : new Problem(refuse("MALFORMED_MESSAGE", error.message));
}
