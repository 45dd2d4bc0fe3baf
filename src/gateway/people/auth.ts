/** Refreshing and ending a sign-in, and one without a code for developers. */
import { Type } from "@sinclair/typebox";
import { isRefusal } from "../../shared/domain/rejects.js";
import { EMAIL, emailOf } from "./emails.js";
import type { PeoplePlugin } from "./people-desk.js";
import { SIGNED_IN } from "./sign-ins.js";

const strict = { additionalProperties: false };
const BY_EMAIL = Type.Object({ email: EMAIL }, strict);
const LOGOUT = Type.Unsafe<{ readonly everywhere?: boolean } | null>({
  type: ["object", "null"],
  properties: { everywhere: { type: "boolean", description: "all sessions of the person" } },
  ...strict,
});
const OK = Type.Object({ ok: Type.Literal(true) });
const ok = { ok: true } as const;
const tags = ["people"];

export const auth: PeoplePlugin = (server, { context, store, signIns, ownPage }) => {
  const { config, identification } = context;

  server.post(
    "/api/auth/refresh",
    {
      ...ownPage,
      schema: {
        tags,
        summary: "A new access token for the refresh cookie, which is replaced: each is good once",
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
