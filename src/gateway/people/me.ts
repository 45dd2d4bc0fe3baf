/** What a person who has signed in sees of himself, and of his sessions. */
import { type Static, Type } from "@sinclair/typebox";
import type { FastifyRequest } from "fastify";
import { isSession } from "../../shared/access/access-tokens.js";
import { refuse } from "../../shared/domain/rejects.js";
import { type Identity, identityOf } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import { EPOCH_MS, unknown } from "../v1/schemas.js";
import type { PeoplePlugin } from "./people-desk.js";

const SESSION = Type.Object({
  id: Type.String(),
  since: EPOCH_MS,
  lastSeen: EPOCH_MS,
  address: Type.String({ description: "the client's, when the session was refreshed last" }),
  isThis: Type.Boolean(),
});
const ME = Type.Object({
  id: Type.String(),
  email: Type.String(),
  account: Type.String(),
  accountId: Type.Integer(),
  sessions: Type.Array(SESSION),
});
const SESSION_PATH = Type.Object({ id: Type.String({ pattern: "^session-[0-9a-f]{32}$" }) });
const ENDED = Type.Object({ id: Type.String(), status: Type.Literal("ended") });
const NO_KEY = refuse("LOGIN_REJECTED", "a key may not do this; sign in, and come with the access token");
const tags = ["people"];

export const me: PeoplePlugin = (server, { context, store }) => {
  const preValidation = context.identification.requires("trade");

  server.get(
    "/api/me",
    { preValidation, schema: { tags, summary: "Who has signed in, and where else", response: { 200: ME } } },
    async (request): Promise<Static<typeof ME>> => {
      const { accountId, keyId } = signedIn(request);
      const person = await store.personOf(accountId);
      const sessions = await store.sessionsOf(person);
      const { personId, email, account } = person;
      return {
        ...{ id: String(personId), email, account, accountId },
        sessions: sessions.map((session) => ({ ...session, isThis: session.id === keyId })),
      };
    },
  );

  server.delete(
    "/api/sessions/:id",
    {
      preValidation,
      schema: {
        tags,
        summary: "Ends a session of yours; its tokens and connections end within a second",
        params: SESSION_PATH,
        response: { 200: ENDED },
      },
    },
    async (request) => {
      const { id } = request.params;
      const person = await store.personOf(signedIn(request).accountId);
      if (!(await store.end(person, id, "its person ended it"))) throw unknown(`session ${id} of yours that is open`);
      return { id, status: "ended" as const };
    },
  );
};

/** Throws a Problem for who comes with a key. */
function signedIn(request: FastifyRequest): Identity {
  const identity = identityOf(request);
  if (!isSession(identity.keyId)) throw new Problem(NO_KEY, { status: 403 });
  return identity;
}
