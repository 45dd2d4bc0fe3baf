import type { AccountId, EventBody, Lots, OrderCanceled, OrderId, Reason } from "@bourse/matching-core";

/** Gives an event its place in the sequence. */
export type Emit = (event: EventBody) => void;

interface Identity {
  readonly orderId: OrderId;
  readonly accountId: AccountId;
}

export function canceled({ orderId, accountId }: Identity, canceledLots: Lots | null, reason: Reason): OrderCanceled {
  return { kind: "canceled", orderId, accountId, reason, canceledLots, cover: null };
}

export function reduced({ orderId, accountId }: Identity, byLots: Lots, leavesLots: Lots): EventBody {
  return { kind: "reduced", orderId, accountId, byLots, leavesLots };
}
