/** fast-check arbitraries of the pipeline's vocabulary: whatever the types allow. */
import fc from "fast-check";
import {
  ASSET_STATES,
  type Command,
  type EngineEvent,
  type NewOrder,
  ORDER_TYPES,
  type OrderRequest,
  REASONS,
  type RequestBody,
  SELF_TRADE_PREVENTIONS,
  SIDES,
  TIMES_IN_FORCE,
} from "../../src/shared/domain/messages.js";
import {
  type AssetStatus,
  ORDER_STATUSES,
  REPORT_EVENTS,
  type ReportedTerms,
  type SequencedReport,
} from "../../src/shared/domain/reports.js";
import { eventSequence, tradeId } from "../../src/shared/domain/units.js";

const positive = fc.oneof(
  fc.integer({ min: 1, max: 1_000 }),
  fc.maxSafeNat().map((n) => Math.max(1, n)),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const clientOrderId = maybe(fc.stringMatching(/^[A-Za-z0-9_-]{1,36}$/));
const selfTradePrevention = fc.constantFrom(...SELF_TRADE_PREVENTIONS);
const side = fc.constantFrom(...SIDES);
const reason = fc.constantFrom(...REASONS);
const type = fc.constantFrom(...ORDER_TYPES);
const timeInForce = fc.constantFrom(...TIMES_IN_FORCE);
const assetState = fc.constantFrom(...ASSET_STATES);

const feeRates = maybe(
  fc.record({
    makerBps: fc.integer({ min: -10_000, max: 10_000 }),
    takerBps: fc.integer({ min: -10_000, max: 10_000 }),
  }),
);
const shortfall = maybe(fc.record({ neededUnits: positive, availableUnits: fc.maxSafeNat() }));
const cover = maybe(fc.maxSafeNat());

/** The arbitraries speak in plain numbers; the brands are put on here, once. */
const branded = <T>(arbitrary: fc.Arbitrary<unknown>) => arbitrary as fc.Arbitrary<T>;

/** The compiler names a field that is missing. */
const recordOf = <T>(fields: { readonly [Name in keyof T]: fc.Arbitrary<unknown> }) =>
  branded<T>(fc.record<object>(fields));

export const newOrders = recordOf<NewOrder>({
  kind: fc.constant("new"),
  clientOrderId,
  side,
  type,
  timeInForce,
  quantityLots: maybe(positive),
  priceTicks: maybe(positive),
  stopPriceTicks: maybe(positive),
  displayLots: maybe(positive),
  minimumLots: maybe(positive),
  quoteBudgetUnits: maybe(positive),
  expiresAtMs: maybe(positive),
  postOnly: fc.boolean(),
  selfTradePrevention,
  feeRates,
});

export const requestBodies = branded<RequestBody>(
  fc.oneof(
    newOrders,
    fc.record({ kind: fc.constant("cancel"), orderId: maybe(positive), clientOrderId }),
    fc.record({
      kind: fc.constant("replace"),
      orderId: positive,
      quantityLots: positive,
      priceTicks: positive,
      clientOrderId,
      cover,
    }),
    fc.record({ kind: fc.constant("cancel_all"), side: maybe(side) }),
  ),
);

export const orderRequests = recordOf<OrderRequest>({
  accountId: positive,
  receivedAtUs: positive,
  body: requestBodies,
});

const fromClient = {
  commandSequence: positive,
  logId: positive,
  accountId: positive,
  receivedAtUs: positive,
  atUs: positive,
};
export const commands = branded<Command>(
  fc.oneof(
    fc.record({
      ...fromClient,
      body: fc.oneof(
        requestBodies,
        fc.record({
          kind: fc.constant("refuse"),
          request: requestBodies,
          reason,
          firstOrderId: maybe(positive),
          shortfall,
        }),
      ),
    }),
    fc.record({
      commandSequence: positive,
      logId: fc.constant(0),
      accountId: fc.constant(0),
      receivedAtUs: fc.constant(0),
      atUs: positive,
      body: fc.oneof(
        fc.record({ kind: fc.constant("advance_clock") }),
        fc.record({
          kind: fc.constant("set_rules"),
          rules: fc.record({
            version: fc.integer({ min: 1, max: 1_000 }),
            allowSelfTrade: fc.boolean(),
            openOrdersMax: positive,
            displaySlicesMax: positive,
            eventsPerCommandMax: positive,
          }),
        }),
        fc.record({
          kind: fc.constant("set_asset_state"),
          state: assetState,
        }),
      ),
    }),
  ),
);

const order = { orderId: positive, accountId: positive };
const requestRejected = (kind: string) =>
  fc.record({
    kind: fc.constant(kind),
    requestLogId: positive,
    accountId: positive,
    orderId: maybe(positive),
    clientOrderId,
    reason,
    firstOrderId: maybe(positive),
    shortfall,
    cover,
    receivedAtUs: positive,
  });
const engineEvents = branded<EngineEvent>(
  fc.record({
    eventSequence: positive,
    commandSequence: positive,
    atUs: positive,
    body: fc.oneof(
      fc.record({
        kind: fc.constant("accepted"),
        ...order,
        receivedAtUs: positive,
        pendingTrigger: fc.boolean(),
        order: newOrders,
      }),
      fc.record({
        kind: fc.constant("rejected"),
        ...order,
        receivedAtUs: positive,
        reason,
        firstOrderId: maybe(positive),
        shortfall,
        order: newOrders,
      }),
      fc.record({
        kind: fc.constant("trade"),
        tradeId: positive,
        makerOrderId: positive,
        takerOrderId: positive,
        makerAccountId: positive,
        takerAccountId: positive,
        takerSide: side,
        priceTicks: positive,
        quantityLots: positive,
        makerLeavesLots: fc.maxSafeNat(),
        takerLeavesLots: maybe(fc.maxSafeNat()),
      }),
      fc.record({ kind: fc.constant("canceled"), ...order, reason, canceledLots: maybe(positive), cover }),
      fc.record({ kind: fc.constant("expired"), ...order, canceledLots: positive }),
      fc.record({
        kind: fc.constant("replaced"),
        ...order,
        quantityLots: positive,
        priceTicks: positive,
        leavesLots: positive,
        keptPriority: fc.boolean(),
        clientOrderId,
        cover,
      }),
      fc.record({ kind: fc.constant("reduced"), ...order, byLots: positive, leavesLots: positive }),
      fc.record({ kind: fc.constant("triggered"), ...order }),
      requestRejected("cancel_rejected"),
      requestRejected("replace_rejected"),
      fc.record({
        kind: fc.constant("state_changed"),
        state: assetState,
      }),
    ),
  }),
);

/** Sequences without a gap, as the engine gives them. */
export const eventBatches = fc
  .record({
    first: fc.integer({ min: 1, max: 1e9 }),
    trade: positive,
    events: fc.array(engineEvents, { maxLength: 5 }),
  })
  .map(({ first, trade, events }) => {
    let trades = Math.min(trade, 2 ** 52);
    return events.map((event, index): EngineEvent => {
      const { body } = event;
      const placed = body.kind === "trade" ? { ...body, tradeId: tradeId(trades++) } : body;
      return { ...event, eventSequence: eventSequence(first + index), body: placed };
    });
  });

export const assetStatuses = recordOf<AssetStatus>({
  state: assetState,
  sinceUs: positive,
  eventSequence: positive,
  madeBy: maybe(fc.string()),
  why: maybe(fc.string()),
});

export const sequencedReports = recordOf<SequencedReport>({
  accountId: positive,
  accountSequence: positive,
  event: fc.constantFrom(...REPORT_EVENTS),
  status: fc.constantFrom(...ORDER_STATUSES),
  orderId: maybe(positive),
  clientOrderId,
  terms: maybe(
    recordOf<ReportedTerms>({
      stopPriceTicks: maybe(positive),
      displayLots: maybe(positive),
      minimumLots: maybe(positive),
      postOnly: fc.boolean(),
      expiresAtMs: maybe(positive),
      quoteBudgetUnits: maybe(positive),
      selfTradePrevention,
    }),
  ),
  side: maybe(side),
  type: maybe(type),
  timeInForce: maybe(timeInForce),
  quantityLots: maybe(positive),
  priceTicks: maybe(positive),
  filledLots: fc.maxSafeNat(),
  leavesLots: maybe(fc.maxSafeNat()),
  tradeId: maybe(positive),
  lastPriceTicks: maybe(positive),
  lastQuantityLots: maybe(positive),
  liquidity: maybe(fc.constantFrom("maker", "taker")),
  feeUnits: maybe(fc.oneof(fc.maxSafeNat(), fc.integer({ min: -1_000_000, max: -1 }))),
  reason: maybe(fc.string()),
  receivedAtUs: positive,
  matchedAtUs: positive,
});
