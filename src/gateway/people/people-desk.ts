import type { FastifyRequest } from "fastify";
import type { HttpServer } from "../../shared/http/server.js";
import type { GatewayContext } from "../context.js";
import type { PeopleStore } from "./people-store.js";
import type { SignIns } from "./sign-ins.js";

/** What the routes of people have in common. */
export interface PeopleDesk {
  readonly context: GatewayContext;
  readonly store: PeopleStore;
  readonly signIns: SignIns;
  /** The hook of routes that read or set the cookie: they are for the page's own origins. */
  readonly ownPage: { readonly onRequest: (request: FastifyRequest) => Promise<void> };
}

export type PeoplePlugin = (server: HttpServer, desk: PeopleDesk) => void;
