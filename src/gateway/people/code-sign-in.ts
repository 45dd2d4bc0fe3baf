/**
 * Signing in, and up, by a code that comes by e-mail; the routes are mExchange's. An address that signed up before and one
 * that did not are asked, answered and mailed the same, by the same work: nobody learns who is a customer here.
 */
import { type Static, Type } from "@sinclair/typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import { networkOf } from "../../shared/access/wrong-logins.js";
import { isPostgresError } from "../../shared/database/postgres-errors.js";
import { refuse } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";
import { codeMail } from "./code-mail.js";
import { CODE_MINUTES, newCode } from "./codes.js";
import { CodesStore } from "./codes-store.js";
import { EMAIL, emailOf } from "./emails.js";
import { bySmtp, Mailer } from "./mailer.js";
import type { PeopleDesk, PeoplePlugin } from "./people-desk.js";
import { SIGNED_IN, type SignedIn } from "./sign-ins.js";

const strict = { additionalProperties: false };
const CODE = Type.String({ maxLength: 16, description: "the six digits of the mail" });
const REQUEST = Type.Object({ email: EMAIL }, strict);
const VERIFY = Type.Object({ email: EMAIL, code: CODE }, strict);
const SIGN_UP = Type.Object(
  {
    email: EMAIL,
    code: CODE,
    name: Type.Optional(
      Type.String({ pattern: "^[a-z0-9][a-z0-9_-]{2,31}$", description: "the account's; without it, it gets one" }),
    ),
  },
  strict,
);
const REQUESTED = Type.Object({
  ok: Type.Literal(true),
  message: Type.String(),
  devCode: Type.Optional(Type.String({ description: "the code; never in production" })),
});
const tags = ["people"];

const message = `a code is on its way by e-mail; it is good for ${CODE_MINUTES} minutes`;
const WRONG = refuse("LOGIN_REJECTED", "the code is not right, or no longer good: ask for a new one");
const TOO_MANY = refuse("LOGIN_LIMITED", "too many codes were asked for; wait, or use the last one");
const NO_MAIL = refuse("UNAVAILABLE", "nobody signs in by e-mail here");
const BUSY = refuse("BUSY", "too many mails wait to be sent; ask again a little later");
const TAKEN = refuse("MALFORMED_MESSAGE", "the name is taken; choose another, the code is still good");

export const codeSignIn: PeoplePlugin = (server, desk) => {
  const { context, store, signIns, ownPage } = desk;
  const { config, database, service } = context;
  const codes = new CodesStore(database, config.keySeal.keyFor("sign-in codes"), config.codes);
  const mailer = mailerOf(desk);

  server.post(
    "/api/auth/request-otp",
    {
      ...ownPage,
      schema: {
        tags,
        summary: "Sends a code by e-mail, to whoever it is",
        body: REQUEST,
        response: { 200: REQUESTED },
      },
    },
    async (request): Promise<Static<typeof REQUESTED>> => {
      const email = emailOf(request.body);
      if (mailer === null && config.production) throw new Problem(NO_MAIL);
      const code = newCode();
      const waitS = await codes.add(email, networkOf(request.ip), code);
      if (waitS > 0) throw new Problem(TOO_MANY, { retryAfterS: waitS });
      if (mailer !== null && !mailer.post(codeMail(email, code))) throw new Problem(BUSY);
      if (config.production) return { ok: true, message };
      service.log.info({ email, code }, "a code for signing in; in production it is in the mail alone");
      return { ok: true, message, devCode: code };
    },
  );

  const signIn = async (
    asked: Static<typeof SIGN_UP>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<SignedIn> => {
    const email = emailOf(asked);
    const codeId = await codes.judge(email, asked.code);
    if (codeId === null) throw new Problem(WRONG);
    const person = await store.signUp(email, asked.name ?? null).catch((error: unknown) => {
      if (!isPostgresError(error, "uniqueViolation")) throw error;
      throw new Problem(TAKEN, { field: "name", value: asked.name, status: 409 });
    });
    if (!(await codes.use(codeId))) throw new Problem(WRONG);
    return await signIns.open(person, request, reply);
  };

  server.post(
    "/api/auth/verify-otp",
    {
      ...ownPage,
      schema: {
        tags,
        summary: "Signs in with the code; whoever comes for the first time gets an account",
        body: VERIFY,
        response: { 200: SIGNED_IN },
      },
    },
    (request, reply) => signIn(request.body, request, reply),
  );
  server.post(
    "/api/auth/signup",
    {
      ...ownPage,
      schema: {
        tags,
        summary: "The same, with a name for the account; who has one keeps its name",
        body: SIGN_UP,
        response: { 200: SIGNED_IN },
      },
    },
    (request, reply) => signIn(request.body, request, reply),
  );
};

/** Null: there is no mail server. */
function mailerOf({ context }: PeopleDesk): Mailer | null {
  const { config, service } = context;
  const { smtpUrl, from } = config.mail;
  const mails = service.metrics.counter("gateway_mails_total", "Mails with sign-in codes, by what became of them", [
    "outcome",
  ]);
  if (smtpUrl === null) return null;
  const mailer = new Mailer(bySmtp(smtpUrl, from), (outcome) => mails.inc({ outcome }), service.log);
  service.metrics.queue("mails", () => mailer.fill);
  service.onStop("mail", () => mailer.stop());
  return mailer;
}
