/** Acts over HTTP: who acts is the key, why is in the body, and under the same Idempotency-Key an act is done once. */
import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Database, Row } from "../shared/database/database.js";
import { isPostgresError } from "../shared/database/postgres-errors.js";
import { refuse } from "../shared/domain/rejects.js";
import { identityOf } from "../shared/http/identification.js";
import { Problem } from "../shared/http/problem.js";
import { type Act, type By, perform } from "../shared/operators/acts.js";
import { RefusedToOperator } from "../shared/operators/refused.js";

export interface Done {
  /** The request was carried out before, under this Idempotency-Key; nothing was done now. */
  readonly isRepeated: boolean;
  /** Of the act; empty where it is repeated. */
  readonly row: Row;
}

const KEY = /^[\x21-\x7e]{1,100}$/;
/** Of wrong requests; else it would be one that is right at another time, or for another. */
const STATUS = { "it is wrong": 400, "there is none": 404, "of what is": 409 } as const;

export class Acts {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Rejects with RefusedToOperator, or a Problem. */
  async perform(request: FastifyRequest, why: string, actOf: (by: By) => Act | Promise<Act>): Promise<Done> {
    const actor = identityOf(request).keyId;
    const key = keyIn(request);
    const asked = askedBy(request);
    if (key !== null && (await this.#isDone(actor, key, asked))) return { isRepeated: true, row: {} };
    const act = await actOf({ actor, why });
    if (key === null) return { isRepeated: false, row: (await perform(this.#database, act))[0] ?? {} };
    const claim = { name: "", text: "select claim_act($1, $2, $3)", values: [actor, key, asked] };
    try {
      const own = { name: "", text: act.text, values: act.values.map(asText) };
      const [, rows = []] = await this.#database.transaction([claim, own]);
      return { isRepeated: false, row: rows[0] ?? {} };
    } catch (error) {
      if (!isPostgresError(error, "actClaimed")) throw await act.explain(error, this.#database);
      await this.#isDone(actor, key, asked);
      return { isRepeated: true, row: {} };
    }
  }

  /** Whether exactly this was asked under the key. Throws a Problem where something else was. */
  async #isDone(actor: string, key: string, asked: string): Promise<boolean> {
    const [done] = await this.#database.query<{ asked: string }>(
      "select asked from desk_acts where made_by = $1 and act_key = $2",
      [actor, key],
    );
    if (done === undefined || done.asked === asked) return done !== undefined;
    const text = "this Idempotency-Key was used for another act; give each its own";
    throw new Problem(refuse("UNSUPPORTED_COMBINATION", text), { field: "Idempotency-Key", status: 409 });
  }
}

/** What a refusal is over HTTP; any other error as it is. */
export function asProblem(error: unknown): unknown {
  if (!(error instanceof RefusedToOperator)) return error;
  const name = error.because === "there is none" ? "UNKNOWN_COMMAND" : "UNSUPPORTED_COMBINATION";
  return new Problem(refuse(name, error.message), { status: STATUS[error.because] });
}

/** Arrays of words and numbers as Postgres reads them from text: a transaction knows few types of elements. */
function asText(value: unknown): unknown {
  return Array.isArray(value) ? `{${value.join(",")}}` : value;
}

function keyIn({ headers }: FastifyRequest): string | null {
  const key = headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key === "string" && KEY.test(key)) return key;
  const problem = refuse("MALFORMED_MESSAGE", "an Idempotency-Key has 1 to 100 printable characters, and no space");
  throw new Problem(problem, { field: "Idempotency-Key" });
}

function askedBy({ method, url, rawBody }: FastifyRequest): string {
  return `${method} ${url} ${createHash("sha256").update(rawBody).digest("base64url")}`;
}
