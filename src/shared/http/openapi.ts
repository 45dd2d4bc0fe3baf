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

/** Call it before routes are added. */
export function addOpenApi(server: FastifyInstance, { title, description, below }: PageOfApi): void {
  server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title, version: "1", description: description.replaceAll("\n", " ") },
      components: {
        securitySchemes: {
          basic: { type: "http", scheme: "basic", description: "an API key's id and its secret" },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ url, schema: described(schema, url, route, below) }),
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
  below: string,
): FastifySchema & { hide?: boolean } {
  if (!url.startsWith(below)) return { hide: true };
  const response = { ...(schema?.response as Record<string, TSchema> | undefined), default: PROBLEM };
  const asksWho = route.preValidation !== undefined;
  return { ...schema, response, ...(asksWho && { security: [{ basic: [] }] }) } as FastifySchema;
}
