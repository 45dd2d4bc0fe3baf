/** Signing in and out, with mExchange's routes. Whatever reads or sets the cookie is for the page's own origins. */
import { Type } from "@sinclair/typebox";
import { isRefusal } from "../../shared/domain/rejects.js";
import type { GatewayPlugin } from "../context.js";
import { refuseForeign } from "../http/page-origins.js";
import { emailOf } from "./emails.js";
import { PeopleStore } from "./people-store.js";
import { SIGNED_IN, SignIns } from "./sign-ins.js";

const strict = { additionalProperties: false };
const EMAIL = Type.String({ maxLength: 320, description: "an e-mail address" });
const BY_EMAIL = Type.Object({ email: EMAIL }, strict);
const LOGOUT = Type.Unsafe<{ readonly everywhere?: boolean } | null>({
  type: ["object", "null"],
  properties: { everywhere: { type: "boolean", description: "all sessions of the person" } },
  ...strict,
});
const OK = Type.Object({ ok: Type.Literal(true) });
const ok = { ok: true } as const;
const tags = ["people"];

export const auth: GatewayPlugin = (server, { config, database, identification }) => {
  const store = new PeopleStore(database);
  const signIns = new SignIns(store, config);
  const ownPage = {
    onRequest: async (request: Parameters<typeof refuseForeign>[0]) => refuseForeign(request, config.pageOrigins),
  };

  server.post(
    "/api/auth/refresh",
    {
      ...ownPage,
      schema: {
        tags,
        summary: "A new access token for the refresh cookie, which is replaced",
        response: { 200: SIGNED_IN },
      },
    },
    (request, reply) => signIns.refresh(request, reply),
  );

  server.post(
    "/api/auth/logout",
    {
      ...ownPage,
      schema: {
        tags,
        summary: "Ends the session of the cookie, or of the token where there is no cookie",
        body: LOGOUT,
        response: { 200: OK },
      },
    },
    async (request, reply) => {
      const identity = await identification.identify(request);
      const sessionId = signIns.tokenIn(request)?.sessionId ?? (isRefusal(identity) ? null : identity.keyId);
      const session = sessionId === null ? null : await store.find(sessionId);
      if (session !== null && request.body?.everywhere === true) await store.endAll(session, "signed out everywhere");
      else if (session !== null) await store.end(session, session.sessionId, "signed out");
      signIns.forget(reply);
      return ok;
    },
  );

  if (config.production) return;
  server.post(
    "/api/auth/dev-login",
    {
      ...ownPage,
      schema: {
        tags,
        summary: "Signs in without a code; not in production",
        body: BY_EMAIL,
        response: { 200: SIGNED_IN },
      },
    },
    async (request, reply) => signIns.open(await store.signUp(emailOf(request.body), null), request, reply),
  );
};
