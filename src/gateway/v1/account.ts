import { Type } from "@sinclair/typebox";
import { KEY_ROLES } from "../../shared/access/authentication.js";
import { identityOf } from "../../shared/http/identification.js";
import type { GatewayPlugin } from "../context.js";

const ACCOUNT = Type.Object({ account: Type.String(), keyId: Type.String(), role: Type.String() });

/** Whose the key is, and what it may do: the first thing that somebody with a new key asks. */
export const account: GatewayPlugin = (server, { identification }) => {
  const schema = { summary: "Whose the key is, and what it may do", response: { 200: ACCOUNT } };
  server.get("/v1/account", { schema, preValidation: identification.requires(...KEY_ROLES) }, (request) => {
    const { account, keyId, role } = identityOf(request);
    return { account, keyId, role };
  });
};
