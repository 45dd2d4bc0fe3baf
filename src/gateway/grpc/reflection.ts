/** gRPC's reflection: clients that have no files of ours, such as grpcurl, ask which services and messages there are. */
import { type ServerDuplexStream, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { isRefusal, type Refusal } from "../../shared/domain/rejects.js";
import { hasSymbol, packageDescriptors } from "../../shared/wire/message-rules.js";
import { rejectStatus } from "./reject-status.js";

/** Of the three that one asks for, the others are null. */
interface ReflectionRequest {
  readonly fileByFilename: string | null;
  readonly fileContainingSymbol: string | null;
  readonly listServices: string | null;
}

type ReflectionCall = ServerDuplexStream<ReflectionRequest | Refusal, object>;

/** `services` are those to list. */
export function reflection(services: readonly string[]): UntypedServiceImplementation {
  const descriptors = packageDescriptors();
  const service = services.map((name) => ({ name }));
  return {
    ServerReflectionInfo: (call: ReflectionCall) => {
      call.on("data", (request: ReflectionRequest | Refusal) => {
        if (isRefusal(request)) call.emit("error", rejectStatus(request));
        else if (!call.write({ originalRequest: { ...request }, ...answerTo(request, service, descriptors) }))
          call.pause();
      });
      call.on("drain", () => call.resume());
      call.on("end", () => call.end());
    },
  };
}

/** Each package is one file, whose name is the package's with underscores. */
function answerTo(
  { fileByFilename, fileContainingSymbol, listServices }: ReflectionRequest,
  service: readonly { readonly name: string }[],
  descriptors: ReadonlyMap<string, Uint8Array>,
): object {
  if (listServices !== null) return { listServicesResponse: { service } };
  const isIt = (name: string) =>
    fileByFilename === null
      ? hasSymbol(fileContainingSymbol ?? "", name)
      : fileByFilename === `${name.replaceAll(".", "_")}.proto`;
  const name = [...descriptors.keys()].find(isIt);
  if (name !== undefined) return { fileDescriptorResponse: { fileDescriptorProto: [descriptors.get(name)] } };
  const errorMessage = `there is no ${fileByFilename ?? fileContainingSymbol ?? "extension"} here`;
  return { errorResponse: { errorCode: status.NOT_FOUND, errorMessage } };
}
