/** Commands of a market that stays as it is. */
import type { Command, CommandBody, NewOrder } from "../src/shared/domain/messages.js";
import { accountId, commandSequence, epochUs, logId, orderId } from "../src/shared/domain/units.js";
import { limitOrder } from "../test/support/order-terms.js";

/** The first orders rest; then the oldest of them is cancelled, another comes to rest, and three orders trade, for ever. */
export function steadyCommand(index: number, resting: number): Command {
  const id = index + 1;
  const at = epochUs(1_700_000_000_000_000 + index * 100);
  const step = index - resting;
  const body = step >= 0 && step % 5 === 0 ? cancelOf(step / 5, resting) : bodyAt(index, resting);
  const owner = body.kind === "cancel" ? Number(body.orderId) : id;
  const [account, sequence] = [accountId(1 + (owner % 50)), commandSequence(id)];
  return { commandSequence: sequence, logId: logId(id), accountId: account, receivedAtUs: at, atUs: at, body };
}

function cancelOf(count: number, resting: number): CommandBody {
  const id = count < resting ? count + 1 : resting + 5 * (count - resting) + 2;
  return { kind: "cancel", orderId: orderId(id), clientOrderId: null };
}

function bodyAt(index: number, resting: number): NewOrder {
  if (index < resting || (index - resting) % 5 === 1)
    return order(index % 2 === 0 ? "buy" : "sell", 1_000 + (index % 5_000), 10, "GTC");
  return (index - resting) % 5 === 2 ? order("sell", 0, 4, "GTC") : order("buy", 0, 2, "IOC");
}

function order(side: "buy" | "sell", away: number, quantity: number, timeInForce: "GTC" | "IOC"): NewOrder {
  return limitOrder(side, quantity, 6_400_000 + (side === "buy" && away > 0 ? -away : away), { timeInForce });
}
