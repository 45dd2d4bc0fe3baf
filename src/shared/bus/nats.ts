/** All that this project uses of the client `nats` (2.x); no other file imports it. */
import { NatsError } from "nats";

export {
  AckPolicy,
  connect,
  createInbox,
  DeliverPolicy,
  DiscardPolicy,
  ErrorCode,
  Events,
  headers,
  type JetStreamManager,
  type Msg,
  type MsgHdrs,
  type MsgRequest,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
  type StreamInfoRequestOptions,
  type Subscription,
} from "nats";

/** JetStream's err_code; undefined: the error is not an answer of JetStream. */
export function errorCodeOf(error: unknown): number | undefined {
  return error instanceof NatsError ? error.api_error?.err_code : undefined;
}
