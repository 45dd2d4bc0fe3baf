import type { FastifyRequest } from "fastify";
import type { GatewayPlugin } from "../context.js";
import { refuseForeign } from "../http/page-origins.js";
import { auth } from "./auth.js";
import { codeSignIn } from "./code-sign-in.js";
import { me } from "./me.js";
import { PeopleStore } from "./people-store.js";
import { playMoney } from "./play-money.js";
import { SignIns } from "./sign-ins.js";

/** Everything that people do in a browser and programs do not, a plugin a file. */
export const people: GatewayPlugin = (server, context) => {
  const { config, database } = context;
  const store = new PeopleStore(database);
  const signIns = new SignIns(store, config);
  const ownPage = { onRequest: async (request: FastifyRequest) => refuseForeign(request, config.pageOrigins) };
  for (const plugin of [auth, codeSignIn, me, playMoney]) plugin(server, { context, store, signIns, ownPage });
};
