/** Client order ids in Postgres: what it takes to find out who used one first, and to take those of a batch. */
import { columns } from "../shared/database/columns.js";
import type { Row, Statement } from "../shared/database/database.js";
import type { Command } from "../shared/domain/messages.js";
import { type AccountId, type OrderId, orderId } from "../shared/domain/units.js";
import { type ClientOrderIdKey, type ClientOrderIdUse, ClientOrderIdUses, type SequencedBatch } from "./sequencing.js";

type FirstUse = ClientOrderIdKey & ClientOrderIdUse;

export function findClientOrderIds(keys: readonly ClientOrderIdKey[]): Statement {
  return {
    name: "find_client_order_ids",
    text: `select c.account_id, c.client_order_id, c.asset, c.order_id
      from unnest($1::bigint[], $2::text[]) as k(account_id, client_order_id)
      join client_order_ids c on c.account_id = k.account_id and c.client_order_id = k.client_order_id`,
    values: columns(
      keys,
      (key) => key.accountId,
      (key) => key.clientOrderId,
    ),
  };
}

export function clientOrderIdsOf(rows: readonly Row[]): ClientOrderIdUses {
  const ids = new ClientOrderIdUses();
  for (const { account_id, client_order_id, asset, order_id } of rows) {
    const key = { accountId: account_id as AccountId, clientOrderId: client_order_id as string };
    ids.add(key, { asset: asset as string, orderId: order_id as OrderId });
  }
  return ids;
}

/** Sorted, so that two processes with the same ids wait for each other and don't deadlock. */
export function takeClientOrderIds(batches: readonly SequencedBatch[]): Statement {
  const uses = batches.flatMap(({ asset, commands }) =>
    commands.flatMap((command) => firstUseOf(asset, command) ?? []),
  );
  uses.sort((a, b) => a.accountId - b.accountId || (a.clientOrderId < b.clientOrderId ? -1 : 1));
  return {
    name: "take_client_order_ids",
    text: "select take_client_order_ids($1::bigint[], $2::text[], $3::text[], $4::bigint[])",
    values: columns(
      uses,
      (use) => use.accountId,
      (use) => use.clientOrderId,
      (use) => use.asset,
      (use) => use.orderId,
    ),
  };
}

/** Null: the command uses no client order id, or one that another order has. */
function firstUseOf(asset: string, { accountId, logId, body }: Command): FirstUse | null {
  if (body.kind === "refuse" && body.reason === "duplicate_client_order_id") return null;
  const request = body.kind === "refuse" ? body.request : body;
  if ((request.kind !== "new" && request.kind !== "replace") || request.clientOrderId === null) return null;
  if (accountId === 0) return null;
  const used = request.kind === "new" ? orderId(logId) : request.orderId;
  return { accountId, clientOrderId: request.clientOrderId, asset, orderId: used };
}
