/** An account's own money: what it has, and what changed it. */
import { type Static, Type } from "@sinclair/typebox";
import { KEY_ROLES } from "../../shared/access/authentication.js";
import { AccountStore, type LedgerPlace } from "../../shared/channels/account-store.js";
import { BalancesStore } from "../../shared/channels/balances-store.js";
import { refuse } from "../../shared/domain/rejects.js";
import { identityOf } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import type { GatewayPlugin } from "../context.js";
import { DECIMAL, EPOCH_US, limit, NEXT, notANext, query } from "./schemas.js";

const ENTRIES_MAX = 500;

const BALANCES = Type.Object({
  accountSequence: Type.Integer({
    description: "they include all reports up to this one, perhaps holds of later orders",
  }),
  balances: Type.Array(Type.Object({ currency: Type.String(), available: DECIMAL, held: DECIMAL })),
});
const LEDGER = Type.Object({
  entries: Type.Array(
    Type.Object({
      atUs: EPOCH_US,
      kind: Type.String({ description: "deposit, withdrawal or trade" }),
      source: Type.String({ description: "the asset that traded, or transfers" }),
      sequence: Type.Integer({ description: "the trade's event in its asset, or the transfer's number" }),
      currency: Type.String(),
      amount: DECIMAL,
    }),
  ),
  next: NEXT,
});
const tags = ["money"];

export const money: GatewayPlugin = (server, { database, registry, identification }) => {
  const balances = new BalancesStore(database);
  const own = new AccountStore(database, registry.assets);
  const preValidation = identification.requires(...KEY_ROLES);

  server.get(
    "/v1/balances",
    { preValidation, schema: { tags, summary: "What you have of each currency", response: { 200: BALANCES } } },
    async (request): Promise<Static<typeof BALANCES>> => {
      const [account] = await balances.balancesOf([identityOf(request).accountId]);
      return { accountSequence: account?.accountSequence ?? 0, balances: [...(account?.balances ?? [])] };
    },
  );

  server.get(
    "/v1/ledger",
    {
      preValidation,
      schema: {
        tags,
        summary: "What changed your money, the newest first: transfers and trades; holds change nothing of it",
        querystring: query({ currency: Type.Optional(Type.String()), limit: limit(ENTRIES_MAX, 100), next: NEXT }),
        response: { 200: LEDGER },
      },
    },
    async (request): Promise<Static<typeof LEDGER>> => {
      const { currency = null, limit = 100, next } = request.query;
      if (currency !== null && !registry.currencies.has(currency)) {
        const allowed = [...registry.currencies.keys()];
        const problem = refuse("MALFORMED_MESSAGE", "there is no such currency here");
        throw new Problem(problem, { field: "currency", value: currency, allowed });
      }
      const before = next === undefined ? null : placeIn(next);
      const entries = await own.ledger(identityOf(request).accountId, currency, before, limit);
      const last = entries.at(-1);
      return { entries, ...(entries.length === limit && last !== undefined && { next: placeText(last) }) };
    },
  );
};

function placeText({ atUs, source, sequence, currency }: LedgerPlace): string {
  return `${atUs}/${source}/${sequence}/${currency}`;
}

function placeIn(next: string): LedgerPlace {
  const [, atUs, source = "", sequence, currency = ""] =
    /^(\d{1,16})\/([A-Za-z0-9-]{1,64})\/(\d{1,16})\/([A-Z0-9]{1,16})$/.exec(next) ?? [];
  const place = { atUs: Number(atUs), source, sequence: Number(sequence), currency };
  if (Number.isSafeInteger(place.atUs) && Number.isSafeInteger(place.sequence)) return place;
  throw notANext(next);
}
