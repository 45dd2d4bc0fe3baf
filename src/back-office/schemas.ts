/** The shapes that several routes have in common. */
import { type TObject, type TProperties, Type } from "@sinclair/typebox";

export const TIME = Type.Unsafe<Date>({ type: "string", format: "date-time" });
export const TEXT_OR_NULL = Type.Unsafe<string | null>({ anyOf: [{ type: "string" }, { type: "null" }] });
export const TIME_OR_NULL = Type.Unsafe<Date | null>({
  anyOf: [{ type: "string", format: "date-time" }, { type: "null" }],
});

const WHY = Type.String({ minLength: 1, maxLength: 500, pattern: "\\S", description: "the reason, for the audit" });

/** The body of an act: these fields, no others, and why. */
export function act<P extends TProperties>(fields: P) {
  return Type.Object({ ...fields, why: WHY }, { additionalProperties: false });
}

/** The answer to an act. */
export function done<P extends TProperties>(fields: P) {
  return Type.Object({
    isRepeated: Type.Boolean({ description: "it was done before, under this Idempotency-Key" }),
    ...fields,
  });
}

/** A query that takes these fields and no others. */
export function query<P extends TProperties>(fields: P): TObject<P> {
  return Type.Object(fields, { additionalProperties: false });
}

export const LIMIT = Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 }));
/** Of a page, and given back, of the request for the page that follows; absent: this was the last. */
export const NEXT = Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }));

export const ACCOUNT_PATH = Type.Object({ account: Type.String({ maxLength: 100 }) });

/** What a page says of the one that follows. */
export function following<Item>(items: readonly Item[], limit: number, place: (last: Item) => number) {
  const last = items.at(-1);
  return items.length === limit && last !== undefined ? { next: place(last) } : {};
}
