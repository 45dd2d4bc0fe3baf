/**
 * From logged requests to the engine's commands: the rules that need to know more than one request. Pure.
 * Every request becomes exactly one command; what is refused becomes one, too, and so reaches its client in order.
 */
import type { CancelOrder, Command, CommandBody, LoggedRequest, Reason, RequestBody } from "../shared/messages.js";
import {
  type AccountId,
  type CommandSequence,
  commandSequence,
  type EpochUs,
  type OrderId,
  orderId,
} from "../shared/units.js";

/** Where a client order id was used first. */
export interface ClientOrderIdUse {
  readonly asset: string;
  readonly orderId: OrderId;
}

export interface ClientOrderIdKey {
  readonly accountId: AccountId;
  readonly clientOrderId: string;
}

/** The uses that are on record, by account and client order id. Sequencing adds those of its own batch. */
export class ClientOrderIds {
  readonly #uses = new Map<string, ClientOrderIdUse>();

  add({ accountId, clientOrderId }: ClientOrderIdKey, use: ClientOrderIdUse): void {
    this.#uses.set(`${accountId}/${clientOrderId}`, use);
  }

  find({ accountId, clientOrderId }: ClientOrderIdKey): ClientOrderIdUse | undefined {
    return this.#uses.get(`${accountId}/${clientOrderId}`);
  }
}

/** The client order ids that must be looked up before the requests can be sequenced. */
export function clientOrderIdsNeeded(requests: readonly LoggedRequest[]): ClientOrderIdKey[] {
  return requests.flatMap(({ accountId, body }) =>
    body.kind === "cancel_all" || body.clientOrderId === null ? [] : [{ accountId, clientOrderId: body.clientOrderId }],
  );
}

/**
 * The requests' commands, numbered on from `after`, all at the time `atUs` (not before that of the command before).
 * `ids` holds what clientOrderIdsNeeded asked for. Orders of suspended accounts are refused.
 */
export function sequenceRequests(
  asset: string,
  requests: readonly LoggedRequest[],
  ids: ClientOrderIds,
  after: CommandSequence,
  atUs: EpochUs,
  isSuspended: (accountId: AccountId) => boolean,
): Command[] {
  return requests.map(({ logId, accountId, receivedAtUs, body }, index) => {
    const decided = decide(asset, { logId, accountId, receivedAtUs, body }, ids, isSuspended(accountId));
    return { commandSequence: commandSequence(after + index + 1), logId, accountId, receivedAtUs, atUs, body: decided };
  });
}

function decide(
  asset: string,
  { logId, accountId, body }: LoggedRequest,
  ids: ClientOrderIds,
  isSuspended: boolean,
): CommandBody {
  switch (body.kind) {
    case "new":
    case "replace": {
      if (body.clientOrderId !== null) {
        const key = { accountId, clientOrderId: body.clientOrderId };
        const used = ids.find(key);
        if (used !== undefined) return refuse(body, "duplicate_client_order_id", used.orderId);
        ids.add(key, { asset, orderId: body.kind === "new" ? orderId(logId) : body.orderId });
      }
      return isSuspended ? refuse(body, "account_suspended") : body;
    }
    case "cancel":
      return resolveCancel(asset, accountId, body, ids);
    case "cancel_all":
      return body;
  }
}

function refuse(request: RequestBody, reason: Reason, firstOrderId: OrderId | null = null): CommandBody {
  return { kind: "refuse", request, reason, firstOrderId, shortfall: null };
}

function resolveCancel(asset: string, accountId: AccountId, body: CancelOrder, ids: ClientOrderIds): CommandBody {
  if (body.clientOrderId === null) return body;
  const used = ids.find({ accountId, clientOrderId: body.clientOrderId });
  if (used === undefined || used.asset !== asset) return refuse(body, "unknown_order");
  return { ...body, orderId: used.orderId };
}
