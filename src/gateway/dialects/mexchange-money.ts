/** mExchange's routes for play money: its faucet gives one currency at a time, by default KCN. */
import { randomUUID } from "node:crypto";
import { Type } from "@sinclair/typebox";
import { KEY_ROLES } from "../../shared/access/authentication.js";
import { BalancesStore } from "../../shared/channels/balances-store.js";
import { isRefusal } from "../../shared/domain/rejects.js";
import type { AccountId } from "../../shared/domain/units.js";
import { identityOf } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import type { GatewayPlugin } from "../context.js";
import { claimed, unitsOf } from "../people/play-money.js";
import { PlayMoneyStore } from "../people/play-money-store.js";

const ASSET = "KCN";
const CLAIM = Type.Object({ asset: Type.Optional(Type.String()) });
const AMOUNT = Type.Object({ asset: Type.String(), amount: Type.String() });
const HOUR_S = 3_600;

export const mexchangeMoney: GatewayPlugin = (server, { identification, database, registry, config, clock }) => {
  const money = new PlayMoneyStore(database);
  const balances = new BalancesStore(database);
  const trade = { preValidation: identification.requires("trade", "operator") };
  const balanceOf = async (accountId: AccountId, asset: string) => {
    const [account] = await balances.balancesOf([accountId]);
    const found = account?.balances.find(({ currency }) => currency === asset);
    return { asset, available: found?.available ?? "0", locked: found?.held ?? "0" };
  };

  server.get("/api/faucet/status", { preValidation: identification.requires(...KEY_ROLES) }, async (request) => {
    const terms = (await money.terms(identityOf(request).accountId)).find(({ currency }) => currency === ASSET);
    return {
      available: terms !== undefined && terms.nextAtMs === null,
      next_claim_at: timeText(terms?.nextAtMs ?? null),
      last_claim_at: timeText(terms?.lastAtMs ?? null),
      amount_per_claim: terms?.amount ?? "0",
      cooldown_hours: Math.ceil((terms?.cooldownS ?? 0) / HOUR_S),
    };
  });
  server.post("/api/faucet/claim", { ...trade, schema: { body: CLAIM } }, async (request, reply) => {
    const { accountId } = identityOf(request);
    const { asset = ASSET } = request.body;
    const claims = await money.claim(accountId, asset);
    if (isRefusal(claims)) throw new Problem(claims, { status: 403 });
    const [first] = claims;
    if (first !== undefined && !first.isGiven) {
      const next_claim_at = timeText(first.nextAtMs);
      return reply.code(429).send({ error: `Faucet is on cooldown until ${next_claim_at}`, next_claim_at });
    }
    const [given] = claimed(claims, clock.nowEpochMs());
    const { available } = await balanceOf(accountId, asset);
    const next_claim_at = timeText(given?.nextAtMs ?? null);
    return { success: true, asset, amount: given?.amount, new_balance: available, next_claim_at };
  });

  if (config.production) return;
  for (const [path, kind] of [
    ["deposit", "deposit"],
    ["withdraw", "withdrawal"],
  ] as const)
    server.post(`/api/balances/${path}`, { ...trade, schema: { body: AMOUNT } }, async (request) => {
      const { asset: currency, amount } = request.body;
      const { accountId } = identityOf(request);
      const units = unitsOf(registry, currency, amount);
      const booked = await money.transfer({ kind, accountId, currency, units, reference: randomUUID() });
      if (typeof booked !== "number") throw new Problem(booked);
      return { success: true, balance: await balanceOf(accountId, currency) };
    });
};

function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
