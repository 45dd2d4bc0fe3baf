import ccxt from "ccxt";
import { expect } from "chai";
import {
  type BinanceError,
  errorOfReason,
  errorOfRefusal,
  SIGNATURE_ERRORS,
} from "../../../../src/gateway/binance/errors.js";
import { REJECTS, type RejectName, refuse } from "../../../../src/shared/domain/rejects.js";

/** The class of the error that ccxt, pointed at another address, makes of an answer. */
function classOf({ status, body }: BinanceError): string {
  const client = new ccxt.binance();
  const text = JSON.stringify(body);
  try {
    client.handleErrors(status, "", "http://127.0.0.1:7003/binance/api/v3/order", "POST", {}, text, body, {}, "");
  } catch (error) {
    return (error as Error).constructor.name;
  }
  return "none";
}

describe("errors in Binance's words", () => {
  const REFUSALS: Readonly<Record<RejectName, string>> = {
    LOGIN_REQUIRED: "AuthenticationError",
    LOGIN_REJECTED: "AuthenticationError",
    ACCOUNT_SUSPENDED: "AccountSuspended",
    TOO_MANY_SESSIONS: "DDoSProtection",
    LOGIN_LIMITED: "DDoSProtection",
    MALFORMED_MESSAGE: "BadRequest",
    UNKNOWN_COMMAND: "BadRequest",
    UNKNOWN_ASSET: "BadSymbol",
    UNKNOWN_ORDER: "OrderNotFound",
    INVALID_SIDE: "BadRequest",
    INVALID_QUANTITY: "InvalidOrder",
    INVALID_PRICE: "BadRequest",
    INVALID_CLIENT_ORDER_ID: "BadRequest",
    UNSUPPORTED_COMBINATION: "InvalidOrder",
    NOTIONAL_LIMIT: "BadRequest",
    INVALID_EXPIRY: "InvalidOrder",
    BUSY: "OperationFailed",
    UNAVAILABLE: "OperationFailed",
    UNKNOWN_OUTCOME: "RequestTimeout",
    RATE_LIMITED: "DDoSProtection",
    ASSET_HALTED: "MarketClosed",
    SHUTTING_DOWN: "OperationFailed",
  };

  it("are the class that a client has for each of our refusals, with our text as detail", () => {
    const names = Object.keys(REJECTS) as RejectName[];
    const errors = names.map((name) => errorOfRefusal(refuse(name, "our text")));
    expect(Object.fromEntries(names.map((name, at) => [name, classOf(errors[at] as BinanceError)]))).to.deep.equal(
      REFUSALS,
    );
    for (const { body } of errors) expect(body.detail).to.equal("our text");
  });

  const REASONS: readonly (readonly ["order" | "cancel" | "replace", string, string, string])[] = [
    [
      "order",
      "insufficient_funds: needs 5 USD, has 1 USD",
      "InsufficientFunds",
      "Account has insufficient balance for requested action.",
    ],
    ["order", "would_trade", "OrderImmediatelyFillable", "Order would immediately match and take."],
    ["order", "duplicate_client_order_id: first used by order 256", "InvalidOrder", "Duplicate order sent."],
    ["order", "account_suspended", "AccountSuspended", "This action is disabled on this account."],
    ["order", "asset_halted", "MarketClosed", "Market is closed."],
    ["order", "book_full", "InvalidOrder", "Order rejected."],
    ["cancel", "unknown_order", "OrderNotFound", "Unknown order sent."],
    ["cancel", "unknown_client_order_id", "OrderNotFound", "Unknown order sent."],
    ["replace", "unknown_order", "OrderNotFound", "Unknown order sent."],
    [
      "replace",
      "insufficient_funds: needs 5 USD, has 1 USD",
      "InsufficientFunds",
      "Account has insufficient balance for requested action.",
    ],
  ];
  for (const [what, reason, expected, msg] of REASONS)
    it(`are the class that a client has for a refused ${what}: ${reason}`, () => {
      const error = errorOfReason(what, reason);
      expect(error.body).to.include({ msg, detail: reason });
      expect(classOf(error)).to.equal(expected);
    });

  it("tell what is wrong with a signature, and what time it is here", () => {
    const { key, signature, ahead, outside, window } = SIGNATURE_ERRORS;
    expect([key("x"), signature(), ahead(5), outside(5), window()].map(({ code }) => code)).to.deep.equal([
      -2015, -1022, -1021, -1021, -1131,
    ]);
    expect([key("x"), signature(), ahead(5)].map(classOf)).to.deep.equal([
      "AuthenticationError",
      "AuthenticationError",
      "InvalidNonce",
    ]);
    expect(outside(5).body.detail).to.equal("the server's time is 5");
  });
});
