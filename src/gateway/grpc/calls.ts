/** What every call has: who makes it, how long it may take, and how its answer or refusal goes out. */
import {
  type handleUnaryCall,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
} from "@grpc/grpc-js";
import { AssetNotKnownYet, DeadlineExceeded } from "../../shared/domain/errors.js";
import { isRefusal, refuse } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";
import { nowEpochMs } from "../../shared/process/clock.js";
import type { Logger } from "../../shared/process/log.js";
import { type GrpcRefusal, rejectStatus } from "./reject-status.js";

export interface Caller {
  /** The metadata `authorization`; null: it gave none. */
  readonly authorization: string | null;
  readonly address: string;
  /** How long its client will wait; at most what calls may take here. */
  readonly timeLeftMs: number;
}

/** Answers with a message or refuses. What it throws is logged, and the client is told that it is our error. */
export type UnaryHandler<Request> = (
  request: Request,
  caller: Caller,
) => Promise<object | GrpcRefusal> | object | GrpcRefusal;

type AnyCall =
  | ServerUnaryCall<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerDuplexStream<unknown, unknown>;

/** The longest that a client may wait for an answer. */
const CALL_MAX_MS = 30_000;

export function callerOf(call: AnyCall): Caller {
  const [authorization = null] = call.metadata.get("authorization");
  const timeLeftMs = Number(call.getDeadline()) - nowEpochMs();
  return {
    authorization: authorization === null ? null : String(authorization),
    address: call
      .getPeer()
      .replace(/:\d+$/, "")
      .replace(/^\[|\]$/g, ""),
    timeLeftMs: Math.max(0, Math.min(timeLeftMs, CALL_MAX_MS)),
  };
}

export function unary<Request extends object>(
  handler: UnaryHandler<Request>,
  log: Logger,
): handleUnaryCall<object, object> {
  const answer = async (call: ServerUnaryCall<object, object>) =>
    isRefusal(call.request) ? call.request : handler(call.request as Request, callerOf(call));
  return (call, respond) => {
    answer(call).then(
      (value) => (isRefusal(value) ? respond(rejectStatus(value)) : respond(null, value)),
      (error: unknown) => respond(rejectStatus(ourFailure(error, log))),
    );
  };
}

/** What a client is told about what was thrown: a Problem as it says, anything else as an error of ours. */
export function ourFailure(error: unknown, log: Logger): GrpcRefusal {
  if (error instanceof Problem) return problemRefusal(error);
  const isNew = error instanceof AssetNotKnownYet;
  const isLate = error instanceof DeadlineExceeded;
  log[isLate || isNew ? "warn" : "error"]({ err: error }, "a call could not be answered");
  if (isNew) return refuse("UNAVAILABLE", "an asset in the answer was just created; ask again in a second");
  return refuse("UNAVAILABLE", isLate ? "the database does not answer at the moment; ask again" : OUR_ERROR);
}

function problemRefusal({ refusal, details }: Problem): GrpcRefusal {
  return details.status === 403 ? { ...refusal, status: status.PERMISSION_DENIED } : refusal;
}

const OUR_ERROR = "an error on our side; it was written down";
