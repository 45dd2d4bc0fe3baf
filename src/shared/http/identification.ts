/** Who asks: each way to prove it is a scheme. The first one whose marks a request bears decides, and no other is tried. */
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyRequest, preValidationAsyncHookHandler } from "fastify";
import { type Access, keyProblem } from "../access/access-feed.js";
import type { KeyRole } from "../access/authentication.js";
import { isRefusal, type Refusal, refuse } from "../domain/rejects.js";
import type { AccountId } from "../domain/units.js";
import { nowEpochMs } from "../process/clock.js";
import { Problem } from "./problem.js";

/** Whose a request is, and what its key may do. */
export interface Identity {
  readonly accountId: AccountId;
  readonly account: string;
  readonly keyId: string;
  readonly role: KeyRole;
  /** When the key or the token expires, by the wall clock; null: never. */
  readonly expiresAtMs: number | null;
  /** Of a token: when the sign-in behind it ends, and with it connections that the token has opened. */
  readonly sessionEndsAtMs?: number;
  /** Of a signed request: the client order id of an order that brings none, so that the same bytes can't trade twice. */
  readonly derivedClientOrderId: string | null;
}

/** What schemes look at: of a request over HTTP all of it, elsewhere (WebSocket, gRPC, a dialect's session) what stands for its headers. */
export interface Asker {
  readonly headers: IncomingHttpHeaders;
  readonly ip: string;
  readonly method?: string;
  readonly raw?: { readonly url?: string | undefined };
  readonly rawBody?: string;
}

export interface IdentificationScheme {
  /** As it stands in answers and in the OpenAPI page. */
  readonly name: string;
  /** What refusals tell those whose request bears its marks; without it, it is a key that they lack. */
  readonly challenge?: string;
  /** Whether the request bears this scheme's marks, right or wrong. */
  isMarked(asker: Asker): boolean;
  /** Never rejects. */
  identify(asker: Asker): Promise<Identity | Refusal>;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Null: the route asks nobody who they are. */
    identity: Identity | null;
    /** The body as it came, for signatures; empty where there is none. */
    rawBody: string;
  }
}

const NOBODY = refuse(
  "LOGIN_REQUIRED",
  "this needs a key: Authorization: Basic, with key-id:secret in base64; or Bearer, with the access token of a sign-in",
);
const KEY_WANTED = 'Basic realm="bourse", charset="UTF-8"';

export class Identification {
  readonly #schemes: IdentificationScheme[] = [];
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Those added later are asked later. */
  add(scheme: IdentificationScheme): void {
    this.#schemes.push(scheme);
  }

  /**
   * The hook of routes that need a key of one of these roles. It runs before the request is judged by its schema: strangers
   * are told nothing about it.
   */
  requires(...roles: readonly KeyRole[]): preValidationAsyncHookHandler {
    return async (request, reply) => {
      const identity = await this.identify(request);
      if (isRefusal(identity)) {
        if (identity.name === "LOGIN_REQUIRED" || identity.name === "LOGIN_REJECTED")
          void reply.header("www-authenticate", this.#schemeOf(request)?.challenge ?? KEY_WANTED);
        throw new Problem(identity);
      }
      if (!roles.includes(identity.role)) throw roleTooLow(identity.role, roles);
      request.identity = identity;
    };
  }

  /** For dialects that answer in a form of their own. Never rejects. */
  async identify(asker: Asker): Promise<Identity | Refusal> {
    const scheme = this.#schemeOf(asker);
    const identity = scheme === undefined ? NOBODY : await scheme.identify(asker);
    return isRefusal(identity) ? identity : (keyProblem(this.#access, identity, nowEpochMs()) ?? identity);
  }

  #schemeOf(asker: Asker): IdentificationScheme | undefined {
    return this.#schemes.find((one) => one.isMarked(asker));
  }
}

function roleTooLow(role: KeyRole, roles: readonly KeyRole[]): Problem {
  const text = `a key of the role ${role} may not do this; it takes one of ${roles.join(", ")}`;
  return new Problem(refuse("LOGIN_REJECTED", text), { value: role, allowed: roles, status: 403 });
}

/** The identity of a request whose route requires one. */
export function identityOf({ identity }: FastifyRequest): Identity {
  if (identity === null) throw new Error("the route reads an identity that it does not require");
  return identity;
}
