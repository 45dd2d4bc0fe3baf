import { type Static, Type } from "@sinclair/typebox";
import { KEY_ROLES, type KeyRole } from "../shared/access/authentication.js";
import { findCustomer } from "../shared/operators/accounts.js";
import { createKey, type MadeKey, revokeKey } from "../shared/operators/keys.js";
import { nowEpochMs } from "../shared/process/clock.js";
import type { DeskPlugin } from "./context.js";
import { ACCOUNT_PATH, act, done, TEXT_OR_NULL } from "./schemas.js";

const DAY_MS = 86_400_000;
const EXPIRES_IN_DAYS_MAX = 3_650;

const KEY_ID = Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" });
const NEW_KEY = act({
  role: Type.Unsafe<KeyRole>({ type: "string", enum: [...KEY_ROLES] }),
  keyId: Type.Optional(KEY_ID),
  expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: EXPIRES_IN_DAYS_MAX })),
});
const MADE_KEY = done({
  account: Type.String(),
  keyId: TEXT_OR_NULL,
  secret: Type.Unsafe<string | null>({
    anyOf: [{ type: "string" }, { type: "null" }],
    description: "shown this once, and kept nowhere; null where the act is repeated",
  }),
});
const REVOKED = done({ keyId: Type.String(), status: Type.Literal("revoked") });

export const keys: DeskPlugin = (server, { database, config, operatorsOnly: preValidation, acts }) => {
  const tags = ["keys"];

  server.post(
    "/api/accounts/:account/keys",
    {
      preValidation,
      schema: {
        tags,
        summary: "A new key for an account; its secret is shown this once",
        params: ACCOUNT_PATH,
        body: NEW_KEY,
        response: { 200: MADE_KEY },
      },
    },
    async (request): Promise<Static<typeof MADE_KEY>> => {
      const { account: name } = request.params;
      const { role, keyId, expiresInDays, why } = request.body;
      const expiresAt = expiresInDays === undefined ? null : new Date(nowEpochMs() + expiresInDays * DAY_MS);
      let made: MadeKey | null = null;
      const { isRepeated } = await acts.perform(request, why, async (by) => {
        const account = await findCustomer(database, name);
        const { keySeal } = config;
        const { key, act } = createKey({ account, role, keyId, expiresAt, keySeal, publicKey: null }, by);
        made = key;
        return act;
      });
      const { keyId: id, secret } = (made as MadeKey | null) ?? { keyId: keyId ?? null, secret: null };
      return {
        isRepeated,
        account: name,
        keyId: isRepeated ? (keyId ?? null) : id,
        secret: isRepeated ? null : secret,
      };
    },
  );

  server.post(
    "/api/keys/:keyId/revoke",
    {
      preValidation,
      schema: {
        tags,
        summary: "A key is good no more, for good; its sessions end within a second",
        params: Type.Object({ keyId: KEY_ID }),
        body: act({}),
        response: { 200: REVOKED },
      },
    },
    async (request): Promise<Static<typeof REVOKED>> => {
      const { keyId } = request.params;
      const { isRepeated } = await acts.perform(request, request.body.why, (by) => revokeKey(keyId, by));
      return { isRepeated, keyId, status: "revoked" };
    },
  );
};
