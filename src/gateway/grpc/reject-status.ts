/** Rejects as gRPC tells them: its status code, our code and name as trailers, and the Reject itself as a detail. */
import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { REJECTS, type Refusal, type RejectName } from "../../shared/domain/rejects.js";
import { encodeMessage } from "../../shared/wire/protobuf.js";

/**
 * UNAVAILABLE is what clients send again by themselves: nothing was logged. An unknown outcome must not be among those: gRPC
 * calls it DEADLINE_EXCEEDED, "even if the operation has completed successfully".
 */
const STATUS_OF: Readonly<Record<RejectName, status>> = {
  LOGIN_REQUIRED: status.UNAUTHENTICATED,
  LOGIN_REJECTED: status.UNAUTHENTICATED,
  ACCOUNT_SUSPENDED: status.PERMISSION_DENIED,
  TOO_MANY_SESSIONS: status.RESOURCE_EXHAUSTED,
  LOGIN_LIMITED: status.RESOURCE_EXHAUSTED,
  MALFORMED_MESSAGE: status.INVALID_ARGUMENT,
  UNKNOWN_COMMAND: status.UNIMPLEMENTED,
  UNKNOWN_ASSET: status.NOT_FOUND,
  INVALID_SIDE: status.INVALID_ARGUMENT,
  INVALID_QUANTITY: status.INVALID_ARGUMENT,
  INVALID_PRICE: status.INVALID_ARGUMENT,
  INVALID_CLIENT_ORDER_ID: status.INVALID_ARGUMENT,
  UNSUPPORTED_COMBINATION: status.INVALID_ARGUMENT,
  NOTIONAL_LIMIT: status.INVALID_ARGUMENT,
  INVALID_EXPIRY: status.INVALID_ARGUMENT,
  UNKNOWN_ORDER: status.NOT_FOUND,
  BUSY: status.RESOURCE_EXHAUSTED,
  UNAVAILABLE: status.UNAVAILABLE,
  UNKNOWN_OUTCOME: status.DEADLINE_EXCEEDED,
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  ASSET_HALTED: status.FAILED_PRECONDITION,
  SHUTTING_DOWN: status.UNAVAILABLE,
};

/** The field that rich errors are read from, by googleapis and the clients of gRPC. */
const DETAILS = "grpc-status-details-bin";

/** A refusal; `status` where another than the reject's usual one says more. */
export interface GrpcRefusal extends Refusal {
  readonly status?: status;
}

export function rejectStatus(
  { name, text, status: said }: GrpcRefusal,
  clientOrderId: string | null = null,
): StatusObject {
  const code = said ?? STATUS_OF[name];
  const reject = { code: REJECTS[name].code, name, text, clientOrderId };
  const value = encodeMessage("bourse.v1.Reject", reject);
  const details = [{ typeUrl: "type.googleapis.com/bourse.v1.Reject", value }];
  const metadata = new Metadata();
  metadata.set("bourse-code", String(reject.code));
  metadata.set("bourse-name", name);
  metadata.set(DETAILS, Buffer.from(encodeMessage("google.rpc.Status", { code, message: text, details })));
  return { code, details: text, metadata };
}
