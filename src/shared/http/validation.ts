/** Requests are judged by the schemas of their routes (TypeBox), which are the OpenAPI page, too. */
import type { Static, TSchema } from "@sinclair/typebox";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { FastifySchemaCompiler, FastifyTypeProvider } from "fastify";
import { type RejectName, refuse } from "../domain/rejects.js";
import { Problem } from "./problem.js";

/** Types of a route's parameters, query and body by its schemas. */
export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
  readonly serializer: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
}

const STRICT = { useDefaults: true, removeAdditional: false, allErrors: false, verbose: true } as const;

/** Bodies are taken as they are; what stands in a URL is text, and may stand for a number or a boolean. */
export function validators(): FastifySchemaCompiler<TSchema> {
  const bodies = new Ajv({ ...STRICT, coerceTypes: false });
  const texts = new Ajv({ ...STRICT, coerceTypes: true });
  return ({ schema, httpPart }) => {
    const validate: ValidateFunction = (httpPart === "body" ? bodies : texts).compile(schema);
    return (data: unknown) => {
      if (validate(data)) return { value: data };
      const [error] = validate.errors ?? [];
      return { error: error === undefined ? new Error("the request does not fit") : problemOf(error) };
    };
  };
}

/** The reject of a field that is wrong by itself; all others are malformed. */
const REJECT_OF_FIELD: Readonly<Record<string, RejectName>> = {
  asset: "UNKNOWN_ASSET",
  side: "INVALID_SIDE",
  quantity: "INVALID_QUANTITY",
  price: "INVALID_PRICE",
  stopPrice: "INVALID_PRICE",
  clientOrderId: "INVALID_CLIENT_ORDER_ID",
};

function problemOf(error: ErrorObject): Problem {
  const { keyword, params, data, parentSchema } = error;
  const at = error.instancePath.slice(1).replaceAll("/", ".");
  const below = (name: string) => (at === "" ? name : `${at}.${name}`);
  if (keyword === "additionalProperties") {
    const field = below(String(params["additionalProperty"]));
    const allowed = Object.keys((parentSchema?.["properties"] as object | undefined) ?? {});
    const text = `the field ${field.slice(0, 100)} is not known here`;
    return new Problem(refuse("UNSUPPORTED_COMBINATION", text), { field, allowed });
  }
  if (keyword === "required") {
    const field = below(String(params["missingProperty"]));
    const own = (parentSchema?.["properties"] as Record<string, TSchema> | undefined)?.[field];
    return new Problem(refuse(rejectOf(field), `the field ${field} is missing`), { field, allowed: allowedBy(own) });
  }
  const field = at === "" ? undefined : at;
  const text = `${field ?? "the body"} ${error.message ?? "is wrong"}`;
  return new Problem(refuse(rejectOf(field ?? ""), text), { field, value: data, allowed: allowedBy(parentSchema) });
}

function rejectOf(field: string): RejectName {
  return REJECT_OF_FIELD[field] ?? "MALFORMED_MESSAGE";
}

/** What the schema says for people; without a description its words, pattern, bounds or type. */
function allowedBy(schema: Partial<Record<string, unknown>> | undefined): unknown {
  if (schema === undefined) return undefined;
  const { description, enum: words, anyOf, pattern, minimum, maximum, type } = schema;
  if (words !== undefined) return words;
  if (Array.isArray(anyOf) && anyOf.every((one: TSchema) => "const" in one)) return anyOf.map((one) => one.const);
  if (minimum !== undefined || maximum !== undefined) return { type, minimum, maximum };
  return description ?? pattern ?? type;
}
