/** Money to play with: the faucet, and deposits and withdrawals that nobody has to approve. */
import { randomUUID } from "node:crypto";
import { type Static, Type } from "@sinclair/typebox";
import type { AssetRegistry } from "../../shared/domain/assets.js";
import { parseDecimal } from "../../shared/domain/decimal.js";
import { refuse } from "../../shared/domain/rejects.js";
import type { EpochMs } from "../../shared/domain/units.js";
import { identityOf } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import { DECIMAL, EPOCH_MS, orProblem } from "../v1/schemas.js";
import type { PeoplePlugin } from "./people-desk.js";
import { type Claim, PlayMoneyStore } from "./play-money-store.js";

const strict = { additionalProperties: false };
const CURRENCY = Type.String({ maxLength: 16, description: "a currency, such as USD" });
const CLAIM = Type.Unsafe<{ readonly asset?: string } | null>({
  type: ["object", "null"],
  properties: { asset: { type: "string", maxLength: 16, description: "a currency; without it, each that there is" } },
  ...strict,
});
const GIVEN = Type.Object({
  given: Type.Array(Type.Object({ asset: Type.String(), amount: DECIMAL, nextAtMs: EPOCH_MS })),
  nextAtMs: EPOCH_MS,
});
const MS_OR_NULL = Type.Unsafe<number | null>({ anyOf: [{ type: "integer" }, { type: "null" }] });
const TERMS = Type.Object({
  assets: Type.Array(
    Type.Object({
      asset: Type.String(),
      amount: DECIMAL,
      cooldownS: Type.Number(),
      lastAtMs: MS_OR_NULL,
      nextAtMs: MS_OR_NULL,
    }),
  ),
});
const TRANSFER = Type.Object(
  {
    currency: CURRENCY,
    amount: DECIMAL,
    reference: Type.Optional(
      Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$", description: "the same one again books nothing again" }),
    ),
  },
  strict,
);
const BOOKED = Type.Object({
  transferId: Type.Integer(),
  kind: Type.String(),
  currency: Type.String(),
  amount: DECIMAL,
});
const NO_FAUCET = refuse("UNSUPPORTED_COMBINATION", "there is no faucet here, or none of this currency");
const tags = ["play money"];

export const playMoney: PeoplePlugin = (server, { context }) => {
  const { identification, database, registry, config, clock } = context;
  const store = new PlayMoneyStore(database);
  const preValidation = identification.requires("trade");

  server.get(
    "/api/faucet",
    { preValidation, schema: { tags, summary: "What the faucet has for you", response: { 200: TERMS } } },
    async (request): Promise<Static<typeof TERMS>> => {
      const terms = await store.terms(identityOf(request).accountId);
      return { assets: terms.map(({ currency: asset, ...more }) => ({ asset, ...more })) };
    },
  );
  server.post(
    "/api/faucet",
    {
      preValidation,
      schema: {
        tags,
        summary: "Takes what the faucet has for you; 429, with Retry-After, while it fills up",
        body: CLAIM,
        response: { 200: GIVEN },
      },
    },
    async (request): Promise<Static<typeof GIVEN>> => {
      const claims = orProblem(await store.claim(identityOf(request).accountId, request.body?.asset ?? null));
      const given = claimed(claims, clock.nowEpochMs());
      return {
        given: given.map(({ currency: asset, amount, nextAtMs }) => ({ asset, amount, nextAtMs })),
        nextAtMs: firstOf(claims),
      };
    },
  );

  if (config.production) return;
  for (const kind of ["deposit", "withdrawal"] as const)
    server.post(
      `/api/simulated/${kind}`,
      {
        preValidation,
        schema: {
          tags,
          summary: `Books a ${kind} that nobody has paid; not in production`,
          body: TRANSFER,
          response: { 200: BOOKED },
        },
      },
      async (request): Promise<Static<typeof BOOKED>> => {
        const { currency, amount, reference = randomUUID() } = request.body;
        const units = unitsOf(registry, currency, amount);
        const { accountId } = identityOf(request);
        const transferId = await store.transfer({ kind, accountId, currency, units, reference });
        if (typeof transferId === "number") return { transferId, kind, currency, amount };
        throw new Problem(transferId, { field: "amount", value: amount });
      },
    );
};

/** Those that gave something. Throws a Problem, with the time of the next one, where none did. */
export function claimed(claims: readonly Claim[], nowMs: EpochMs): readonly Claim[] {
  if (claims.length === 0) throw new Problem(NO_FAUCET, { status: 403 });
  const given = claims.filter(({ isGiven }) => isGiven);
  if (given.length > 0) return given;
  const nextAtMs = firstOf(claims);
  const text = `you have had what there is; the next one is at ${new Date(nextAtMs).toISOString()}`;
  const retryAfterS = Math.max(1, Math.ceil((nextAtMs - nowMs) / 1_000));
  throw new Problem(refuse("RATE_LIMITED", text), { retryAfterS });
}

/** When there is more of something. */
function firstOf(claims: readonly Claim[]): EpochMs {
  return Math.min(...claims.map(({ nextAtMs }) => nextAtMs)) as EpochMs;
}

/** Throws a Problem. */
export function unitsOf({ currencies }: AssetRegistry, currency: string, amount: string): number {
  const known = currencies.get(currency);
  if (known === undefined) {
    const problem = refuse("MALFORMED_MESSAGE", "there is no such currency here");
    throw new Problem(problem, { field: "currency", value: currency, allowed: [...currencies.keys()] });
  }
  const units = parseDecimal(amount, { scale: known.decimals, units: 1 });
  if (typeof units === "number") return units;
  const allowed = `decimal text above 0 with ${known.decimals} decimals at most`;
  throw new Problem(refuse("INVALID_QUANTITY", `the amount is ${units}`), { field: "amount", value: amount, allowed });
}
