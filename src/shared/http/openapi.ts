/** The OpenAPI page, made of the schemas by which requests are judged, and a page to read it and to try it, served from here alone. */
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { type TSchema, Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifySchema, RouteOptions } from "fastify";

export interface PageOfApi {
  readonly title: string;
  readonly description: string;
  /** Routes below it stand on the page, and the page's JSON lies there: `/v1/`. */
  readonly below: string;
  /** Whether people who have signed in may come, too; routes elsewhere stand on the page where they have tags. */
  readonly people?: boolean;
}

const PROBLEM = Type.Object(
  {
    code: Type.Integer({ description: "a reject code of docs/protocol.md" }),
    name: Type.String(),
    text: Type.String({ description: "what was wrong, and what would be right" }),
    field: Type.Optional(Type.String()),
    value: Type.Optional(Type.Unknown()),
    allowed: Type.Optional(Type.Unknown()),
  },
  { description: "an error" },
);

const BASIC = { type: "http", scheme: "basic", description: "an API key's id and its secret" } as const;
const BEARER = { type: "http", scheme: "bearer", description: "the access token of a sign-in" } as const;

/** Call it before routes are added. */
export function addOpenApi(server: FastifyInstance, { title, description, below, people = false }: PageOfApi): void {
  const schemes = { basic: BASIC, ...(people && { bearer: BEARER }) };
  server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title, version: "1", description: description.replaceAll("\n", " ") },
      components: {
        securitySchemes: schemes,
      },
    },
    transform: ({ schema, url, route }) => ({ url, schema: described(schema, url, route, { below, schemes }) }),
  });
  server.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: true,
    uiConfig: { validatorUrl: null, displayRequestDuration: true },
    theme: { title },
  });
  server.register((scope, _, done) => {
    scope.get(`${below}openapi.json`, { schema: { hide: true } }, () => server.swagger());
    done();
  });
}

function described(
  schema: FastifySchema,
  url: string,
  route: RouteOptions,
  { below, schemes }: { readonly below: string; readonly schemes: object },
): FastifySchema & { hide?: boolean } {
  if (!url.startsWith(below) && schema?.tags === undefined) return { hide: true };
  const response = { ...(schema?.response as Record<string, TSchema> | undefined), default: PROBLEM };
  const security = Object.keys(schemes).map((name) => ({ [name]: [] }));
  const asksWho = route.preValidation !== undefined;
  return { ...schema, response, ...(asksWho && { security }) } as FastifySchema;
}
