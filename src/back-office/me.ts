import { Type } from "@sinclair/typebox";
import { identityOf } from "../shared/http/identification.js";
import type { DeskPlugin } from "./context.js";

const ME = Type.Object({ account: Type.String(), keyId: Type.String() });

/** Who asks: what the page asks first, to see whether a key is good. */
export const me: DeskPlugin = (server, { operatorsOnly: preValidation }) => {
  const schema = { tags: ["me"], summary: "Whose the key is", response: { 200: ME } };
  server.get("/api/me", { preValidation, schema }, (request) => {
    const { account, keyId } = identityOf(request);
    return { account, keyId };
  });
};
