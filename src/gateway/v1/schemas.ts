/** The shapes that several routes have in common. */
import { type Static, type TObject, type TProperties, Type } from "@sinclair/typebox";
import { isRefusal, type Refusal, refuse } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";

export const DECIMAL = Type.String({ description: "decimal text" });
export const EPOCH_US = Type.Integer({ description: "microseconds since the epoch" });
export const EPOCH_MS = Type.Integer({ description: "milliseconds since the epoch" });

export const ASSET_PATH = Type.Object({ asset: Type.String({ description: "an asset, such as BTC-USD" }) });

/** A query that takes these fields and no others. */
export function query<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false });
}

export function limit(most: number, usual: number) {
  return Type.Optional(
    Type.Integer({ minimum: 1, maximum: most, default: usual, description: "items in a page at most" }),
  );
}

const NEXT_TEXT = "there is more: give it back as the parameter of this name; absent: this was the last page";
/** Of a page, and, given back, of the request for the page that follows. */
export const NEXT = Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_./-]{1,160}$", description: NEXT_TEXT }));
export const NEXT_SEQUENCE = Type.Optional(
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: NEXT_TEXT }),
);

/** Of anything that has a number in a sequence. */
export const PLACE = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description }));

const ORDER_FIELDS = {
  asset: Type.String(),
  orderId: Type.Optional(Type.Integer()),
  clientOrderId: Type.Optional(Type.String()),
  status: Type.String({
    description: "open, partially_filled, filled, canceled, rejected, expired or pending_trigger",
  }),
  side: Type.Optional(Type.String()),
  type: Type.Optional(Type.String()),
  timeInForce: Type.Optional(Type.String()),
  price: Type.Optional(DECIMAL),
  quantity: Type.Optional(DECIMAL),
  filledQuantity: DECIMAL,
  leavesQuantity: Type.Optional(DECIMAL),
  stopPrice: Type.Optional(DECIMAL),
  displayQuantity: Type.Optional(DECIMAL),
  minimumQuantity: Type.Optional(DECIMAL),
  postOnly: Type.Optional(Type.Boolean()),
  expiresAtMs: Type.Optional(EPOCH_MS),
  quoteBudget: Type.Optional(DECIMAL),
  selfTradePrevention: Type.Optional(Type.String()),
  receivedAtUs: EPOCH_US,
};
export const ORDER = Type.Object(ORDER_FIELDS);

/** An execution report, as docs/protocol.md has it. */
export const REPORT = Type.Object({
  accountSequence: Type.Integer({ description: "gapless in the account" }),
  event: Type.String(),
  ...ORDER_FIELDS,
  tradeId: Type.Optional(Type.Integer()),
  lastPrice: Type.Optional(DECIMAL),
  lastQuantity: Type.Optional(DECIMAL),
  liquidity: Type.Optional(Type.String({ description: "maker or taker" })),
  fee: Type.Optional(DECIMAL),
  feeCurrency: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  matchedAtUs: EPOCH_US,
});
export type ReportAnswer = Static<typeof REPORT>;

/** The value, unless it is a refusal, which is thrown. */
export function orProblem<T extends object>(value: T | Refusal): T {
  if (isRefusal(value)) throw new Problem(value);
  return value;
}

/** What there is not, or is another account's: the same answer. */
export function unknown(what: string): Problem {
  return new Problem(refuse("UNKNOWN_COMMAND", `there is no ${what.slice(0, 120)}`));
}

/** A cursor that no answer had. */
export function notANext(next: string | undefined): Problem {
  const text = "next is not one: give back what the last answer of the same question had";
  return new Problem(refuse("MALFORMED_MESSAGE", text), { field: "next", value: next });
}
