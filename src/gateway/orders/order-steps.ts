/** When an account's order was where: the steps of `npm run trace`. */
import type { Queries } from "../../shared/database/database.js";
import type { AccountId, EpochUs } from "../../shared/domain/units.js";
import type { MessageTimes } from "../../shared/order-way/message-times.js";
import { HOPS, type SettledOrder, type Step } from "../../shared/order-way/order-way.js";
import { FIRST_REPORT, SETTLED_COLUMNS } from "../../shared/order-way/settled-orders.js";

export const STEPS: readonly OrderStep["step"][] = ["received", ...HOPS.map(({ reaches }) => reaches)];

export interface OrderStep {
  readonly step: "received" | Step;
  /** Missing: nobody knows any more. */
  readonly atUs?: EpochUs;
}

const ORDER = `select ${SETTLED_COLUMNS} from order_log l, ${FIRST_REPORT}
  where l.asset = $1 and l.log_id = $2 and l.account_id = $3`;

/** All steps, in their order; empty: there is no such order of the account, or its day is not kept any more. */
export async function orderSteps(
  database: Queries,
  times: Pick<MessageTimes, "wayOf">,
  [accountId, asset, orderId]: readonly [AccountId, string, number],
): Promise<OrderStep[]> {
  const [order] = await database.query<SettledOrder>(ORDER, [asset, orderId, accountId]);
  if (order === undefined) return [];
  const { timesUs } = await times.wayOf(order);
  const known: Readonly<Partial<Record<OrderStep["step"], EpochUs>>> = { received: order.receivedAtUs, ...timesUs };
  return STEPS.map((step) => {
    const atUs = known[step];
    return atUs === undefined ? { step } : { step, atUs };
  });
}
