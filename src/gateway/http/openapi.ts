/** The OpenAPI page, made of the schemas by which requests are judged, and a page to read it and to try it, served from here alone. */
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { type TSchema, Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifySchema, RouteOptions } from "fastify";

const DESCRIPTION = `Requests into the order log, under the rules and promises of docs/protocol.md. Bodies and answers are JSON, or MessagePack
where Content-Type and Accept say application/msgpack. Amounts are decimal text. Pages are bounded: where an answer has \`next\`, give it
back for the page that follows.`;

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

/** Call it before routes are added. Only those under /v1/ stand on the page: dialects are documented by whom they imitate. */
export function addOpenApi(server: FastifyInstance): void {
  server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Bourse", version: "1", description: DESCRIPTION.replaceAll("\n", " ") },
      components: {
        securitySchemes: {
          basic: { type: "http", scheme: "basic", description: "an API key's id and its secret" },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ url, schema: described(schema, url, route) }),
  });
  server.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: true,
    uiConfig: { validatorUrl: null, displayRequestDuration: true },
    theme: { title: "Bourse" },
  });
  server.register((scope, _, done) => {
    scope.get("/v1/openapi.json", { schema: { hide: true } }, () => server.swagger());
    done();
  });
}

function described(schema: FastifySchema, url: string, route: RouteOptions): FastifySchema & { hide?: boolean } {
  if (!url.startsWith("/v1/")) return { hide: true };
  const response = { ...(schema?.response as Record<string, TSchema> | undefined), default: PROBLEM };
  const asksWho = route.preValidation !== undefined;
  return { ...schema, response, ...(asksWho && { security: [{ basic: [] }] }) } as FastifySchema;
}
