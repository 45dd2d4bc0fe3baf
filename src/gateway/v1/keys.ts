/** An account's own keys. A secret is shown once, when its key is made; here, too, only its salted hash is kept. */
import { randomBytes } from "node:crypto";
import { type Static, Type } from "@sinclair/typebox";
import { KEY_ROLES } from "../../shared/access/authentication.js";
import { newSecret, saltedHash } from "../../shared/access/key-secrets.js";
import { isPostgresError } from "../../shared/database/postgres-errors.js";
import { refuse } from "../../shared/domain/rejects.js";
import { identityOf } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import type { GatewayPlugin } from "../context.js";
import { query, unknown } from "./schemas.js";

/** Good keys of one account. */
const KEYS_MAX = 50;
const EXPIRES_IN_DAYS_MAX = 3_650;
const DAY_MS = 86_400_000;

const KEYS = `select key_id as "keyId", role,
    case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' else 'good' end as status,
    floor(extract(epoch from created_at) * 1000)::bigint as "createdAtMs",
    floor(extract(epoch from expires_at) * 1000)::bigint as "expiresAtMs"
  from api_keys where account_id = $1 and key_id > $2 order by key_id limit $3`;

const MS_OR_NULL = Type.Unsafe<number | null>({ anyOf: [{ type: "integer" }, { type: "null" }] });
const KEY = Type.Object({
  keyId: Type.String(),
  role: Type.String({ description: "trade, read or operator" }),
  status: Type.String({ description: "good, revoked or expired" }),
  createdAtMs: Type.Integer(),
  expiresAtMs: MS_OR_NULL,
});
const NEW_KEY = Type.Object({
  keyId: Type.String(),
  secret: Type.String({ description: "shown this once" }),
  role: Type.String(),
  expiresAtMs: MS_OR_NULL,
});
const ASKED = Type.Object(
  {
    role: Type.Unsafe<"trade" | "read">({ type: "string", enum: ["trade", "read"] }),
    expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: EXPIRES_IN_DAYS_MAX })),
  },
  { additionalProperties: false },
);
const KEY_PATH = Type.Object({ keyId: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }) });
const KEYS_PAGE = Type.Object({ keys: Type.Array(KEY), next: Type.Optional(Type.String()) });
const tags = ["keys"];
const PAGE = 100;

export const keys: GatewayPlugin = (server, { database, identification, clock }) => {
  server.get(
    "/v1/keys",
    {
      preValidation: identification.requires(...KEY_ROLES),
      schema: {
        tags,
        summary: "Your account's keys, without their secrets",
        querystring: query({ next: Type.Optional(KEY_PATH.properties.keyId) }),
        response: { 200: KEYS_PAGE },
      },
    },
    async (request): Promise<Static<typeof KEYS_PAGE>> => {
      const { next = "" } = request.query;
      const values = [identityOf(request).accountId, next, PAGE];
      const found = await database.query<Static<typeof KEY>>(KEYS, values);
      const last = found.at(-1);
      return { keys: found, ...(found.length === PAGE && last !== undefined && { next: last.keyId }) };
    },
  );

  server.post(
    "/v1/keys",
    {
      preValidation: identification.requires("trade", "operator"),
      schema: { tags, summary: "Makes a key; its secret is shown this once", body: ASKED, response: { 201: NEW_KEY } },
    },
    async (request, reply): Promise<Static<typeof NEW_KEY>> => {
      const { role, expiresInDays } = request.body;
      const { accountId, account, keyId: issuer } = identityOf(request);
      const keyId = `${account}-${randomBytes(8).toString("hex")}`;
      const secret = newSecret();
      const { salt, hash } = saltedHash(secret);
      const expiresAtMs = expiresInDays === undefined ? null : clock.nowEpochMs() + expiresInDays * DAY_MS;
      const expires = expiresAtMs === null ? null : new Date(expiresAtMs);
      try {
        await database.query("select issue_own_key($1, $2, $3, $4, $5, $6, $7, $8)", [
          accountId,
          issuer,
          keyId,
          salt,
          hash,
          role,
          expires,
          KEYS_MAX,
        ]);
      } catch (error) {
        if (!isPostgresError(error, "tooManyKeys")) throw error;
        const text = `an account may have ${KEYS_MAX} good keys: revoke one`;
        throw new Problem(refuse("RATE_LIMITED", text), { status: 409 });
      }
      void reply.code(201);
      return { keyId, secret, role, expiresAtMs };
    },
  );

  server.delete(
    "/v1/keys/:keyId",
    {
      preValidation: identification.requires("trade", "operator"),
      schema: {
        tags,
        summary: "Revokes a key of yours, for good; its sessions end within a second",
        params: KEY_PATH,
        response: { 200: Type.Object({ keyId: Type.String(), status: Type.Literal("revoked") }) },
      },
    },
    async (request) => {
      const { keyId } = request.params;
      const { accountId, keyId: issuer } = identityOf(request);
      try {
        await database.query("select revoke_own_key($1, $2, $3)", [accountId, issuer, keyId]);
      } catch (error) {
        if (!isPostgresError(error, "noSuchKey")) throw error;
        throw unknown(`key ${keyId} of yours that is good`);
      }
      return { keyId, status: "revoked" as const };
    },
  );
};
