/** Random commands of every kind for one small market, where orders meet often: prices in 95…105, four accounts. */

import {
  accountId,
  type Command,
  type CommandBody,
  commandSequence,
  currencyUnits,
  epochMs,
  epochUs,
  logId,
  lots,
  type NewOrder,
  type OrderId,
  type OrderType,
  orderId,
  priceTicks,
  type TimeInForce,
} from "@bourse/matching-core";
import fc from "fast-check";

export const commands: fc.Arbitrary<Command[]> = fc
  .array(fc.record({ draw: fc.nat(), account: fc.integer({ min: 1, max: 4 }), passesMs: fc.nat(3), order: draft() }), {
    minLength: 20,
    maxLength: 120,
  })
  .map((steps) => {
    let nowMs = 1000;
    return steps.map(({ draw, account, passesMs, order }, index) => {
      nowMs += passesMs;
      const sequence = index + 1;
      const target = Math.floor(draw / 20) % sequence;
      // Mostly by the order's owner, or cancels and replaces would hardly ever do anything.
      const owner = isAboutAnOrder(draw) && draw % 4 !== 0 ? (steps[target]?.account ?? account) : account;
      return {
        commandSequence: commandSequence(sequence),
        logId: logId(sequence),
        accountId: accountId(owner),
        receivedAtUs: epochUs(nowMs * 1000),
        atUs: epochUs(nowMs * 1000),
        body: body(draw, orderId(target + 1), nowMs, order),
      };
    });
  });

interface Draft {
  readonly side: "buy" | "sell";
  readonly price: number;
  readonly stop: number;
  readonly quantity: number;
  readonly part: number;
  readonly style: number;
  readonly mode: number;
}

function draft(): fc.Arbitrary<Draft> {
  const price = fc.integer({ min: 95, max: 105 });
  return fc.record({
    side: fc.constantFrom("buy", "sell"),
    price,
    stop: price,
    quantity: fc.integer({ min: 1, max: 20 }),
    part: fc.integer({ min: 1, max: 5 }),
    style: fc.nat(19),
    mode: fc.nat(4),
  });
}

function isAboutAnOrder(draw: number): boolean {
  const kind = draw % 20;
  return kind >= 13 && kind < 18;
}

function body(draw: number, target: OrderId, nowMs: number, order: Draft): CommandBody {
  const kind = draw % 20;
  if (kind < 13) return newOrder(order, nowMs);
  if (kind < 15) return { kind: "cancel", orderId: target, clientOrderId: null };
  if (kind < 18) {
    const { quantity, price } = order;
    const terms = { quantityLots: lots(quantity), priceTicks: priceTicks(price), clientOrderId: null };
    return {
      kind: "replace",
      orderId: target,
      ...terms,
      cover: draw % 5 === 0 ? Math.min(order.part * price, 2 ** 53 - 1) : null,
    };
  }
  if (kind === 18) return draw % 3 === 0 ? { kind: "cancel_all", side: order.side } : { kind: "advance_clock" };
  if (draw % 2 === 0)
    return { kind: "refuse", request: newOrder(order, nowMs), reason: "notional_limit", ...NOTHING_MORE };
  return { kind: "set_asset_state", state: draw % 7 === 0 ? "halted" : draw % 3 === 0 ? "auction" : "open" };
}

const NOTHING_MORE = { firstOrderId: null, shortfall: null } as const;

const MODES = ["cancel_newest", "cancel_oldest", "cancel_both", "decrement", "none"] as const;

function newOrder({ side, price, stop, quantity, part, style, mode }: Draft, nowMs: number): NewOrder {
  const isMarket = style === 1 || style === 2 || style === 6;
  const isStop = style === 5 || style === 6 || style === 7;
  const byBudget = style === 2 && side === "buy";
  const type: OrderType = isMarket ? (isStop ? "stop_market" : "market") : isStop ? "stop_limit" : "limit";
  const immediate = ({ 3: "IOC", 4: "FOK", 7: "FOK", 8: "GTD", 9: "GTD" } as Record<number, TimeInForce>)[style];
  const timeInForce = immediate ?? (isMarket ? "IOC" : "GTC");
  return {
    kind: "new",
    clientOrderId: null,
    side,
    type,
    timeInForce,
    quantityLots: byBudget ? null : lots(quantity),
    priceTicks: isMarket && part % 2 === 0 ? null : priceTicks(price),
    stopPriceTicks: isStop ? priceTicks(stop) : null,
    displayLots: style >= 10 && style < 14 ? lots(Math.min(part, quantity)) : null,
    minimumLots: style === 14 ? lots(Math.min(part, quantity)) : null,
    quoteBudgetUnits: byBudget ? currencyUnits(quantity * price + part) : null,
    expiresAtMs: timeInForce === "GTD" ? epochMs(nowMs + part * 3) : null,
    postOnly: style === 15,
    selfTradePrevention: MODES[byBudget && mode === 3 ? 0 : mode] ?? "none",
    feeRates: part % 3 === 0 ? { makerBps: -1, takerBps: part % 100 } : null,
  };
}
