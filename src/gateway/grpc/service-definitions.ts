/** The services of protocol/ as grpc-js takes them, with our own codec. */
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { CodecError } from "../../shared/domain/errors.js";
import { refuse } from "../../shared/domain/rejects.js";
import { serviceMethods } from "../../shared/wire/message-rules.js";
import { decodeMessage, encodeMessage } from "../../shared/wire/protobuf.js";

/** `service` is the full name, such as bourse.v1.Exchange; it is offered under the name `as`. */
export function serviceDefinition(service: string, as = service): ServiceDefinition {
  const scope = service.slice(0, service.lastIndexOf("."));
  const methods = Object.entries(serviceMethods(service)).map(([name, method]) => [
    name,
    {
      path: `/${as}/${name}`,
      requestStream: method.requestStream ?? false,
      responseStream: method.responseStream ?? false,
      ...coderOf("request", `${scope}.${method.requestType}`),
      ...coderOf("response", `${scope}.${method.responseType}`),
    } as MethodDefinition<object, object>,
  ]);
  return Object.fromEntries(methods);
}

function coderOf(side: "request" | "response", type: string): object {
  return {
    [`${side}Serialize`]: (message: object) => Buffer.from(encodeMessage(type, message)),
    [`${side}Deserialize`]: (bytes: Buffer) => decode(type, bytes),
  };
}

/**
 * Bytes that are no message become a refusal, which the call answers: grpc-js would call it an error of ours. Integers above
 * 2^53 pass, rounded: the rules of requests refuse them by name.
 */
function decode(type: string, bytes: Buffer): object {
  try {
    return decodeMessage(type, bytes, "any integers");
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return refuse("MALFORMED_MESSAGE", error.message);
  }
}
