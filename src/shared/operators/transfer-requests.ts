/** Transfers that one operator asks for and a second one approves. */
import type { Queries } from "../database/database.js";
import { isPostgresError } from "../database/postgres-errors.js";
import { balancesOf } from "./accounts.js";
import type { Act, By } from "./acts.js";
import { type Transfer, transferRefusal, transferValues } from "./money.js";
import { RefusedToOperator } from "./refused.js";

export interface TransferRequest {
  readonly requestId: number;
  readonly kind: "deposit" | "withdrawal";
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly reference: string;
  readonly status: "open" | "approved" | "rejected";
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly why: string;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly decision: string | null;
}

const REQUESTS = `select r.request_id as "requestId", r.kind, a.name as account,
    trim_scale(r.units * 10::numeric ^ (-c.decimals))::text as amount, r.currency, r.reference, r.status,
    r.requested_by as "requestedBy", r.requested_at as "requestedAt", r.why, r.decided_by as "decidedBy",
    r.decided_at as "decidedAt", r.decision
  from transfer_requests r join accounts a using (account_id) join currencies c using (currency)`;

export interface RequestsPage {
  readonly onlyOpen: boolean;
  /** The last request of the page before; null: this is the first. */
  readonly before: number | null;
  readonly limit: number;
}

/** The newest first. */
export function transferRequests(
  database: Queries,
  { onlyOpen, before, limit }: RequestsPage,
): Promise<TransferRequest[]> {
  return database.query<TransferRequest>(
    `${REQUESTS} where (not $1 or r.status = 'open') and ($2::bigint is null or r.request_id < $2)
     order by r.request_id desc limit $3`,
    [onlyOpen, before, limit],
  );
}

/** Its row has the number of the request. */
export async function requestTransfer(database: Queries, transfer: Transfer, { actor, why }: By): Promise<Act> {
  const { account, amount, currency } = transfer;
  const values = await transferValues(database, transfer);
  const [balance] = await balancesOf(database, account.accountId, currency);
  if (balance === undefined) throw new RefusedToOperator(`${account.account} has no ${currency}`);
  return {
    text: `select request_transfer($1, $2, $3, $4, $5, $6, $7) as "requestId"`,
    values: [...values, actor, why],
    explain: (error) => transferRefusal(database, { account, amount, currency, reference: transfer.reference }, error),
  };
}

/** Booked, or rejected; by who asked it can be rejected only. */
export function decideTransfer(requestId: number, decision: "approve" | "reject", { actor, why }: By): Act {
  return {
    text: `select decide_transfer($1, $2, $3, $4) as "transferId"`,
    values: [requestId, decision === "approve", actor, why],
    async explain(error, database) {
      if (isPostgresError(error, "noSuchTransferRequest"))
        return new RefusedToOperator(`there is no transfer request ${requestId}`, "there is none");
      if (isPostgresError(error, "approverAsked"))
        return new RefusedToOperator(
          "a transfer is approved by a second operator: not by the key that asked for it, one that this key made, or one that is newer than the request",
        );
      const [request] = await database.query<TransferRequest>(`${REQUESTS} where r.request_id = $1`, [requestId]);
      if (request === undefined) return error;
      if (isPostgresError(error, "transferDecided"))
        return new RefusedToOperator(`the request ${requestId} is ${request.status} already, by ${request.decidedBy}`);
      const { account: name, amount } = request;
      if (!isPostgresError(error, "withdrawalUncovered")) return error;
      return new RefusedToOperator(`${name} has less than ${amount} ${request.currency} available`);
    },
  };
}
