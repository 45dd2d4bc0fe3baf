/** A client of gRPC that knows all services of protocol/. */
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { serviceDefinition } from "../../src/gateway/grpc/service-definitions.js";
import type { Wire } from "../../src/shared/wire/protobuf.js";
import { patience } from "./machine.js";

const DEADLINE_MS = 10_000;

export interface GrpcClientOptions {
  /** A key of that id, whose secret is the same word; without one the calls say nobody. */
  readonly key?: string;
  readonly deadlineMs?: number;
}

export class GrpcClient {
  readonly #client: Client;
  readonly #options: GrpcClientOptions;

  constructor(address: string, options: GrpcClientOptions = {}) {
    this.#client = new Client(address, credentials.createInsecure(), { "grpc.enable_retries": 0 });
    this.#options = options;
  }

  /** `method` as in bourse.v1.Exchange/GetTime. Rejects with the ServiceError. */
  call(method: string, request: object): Promise<Wire> {
    return this.raw(method, methodOf(method).requestSerialize(request));
  }

  /** Sends these bytes, whatever they are. */
  raw(method: string, bytes: Buffer): Promise<Wire> {
    const { path, responseDeserialize } = methodOf(method);
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: Wire) => (error === null ? resolve(answer) : reject(error));
      const options = { deadline: Date.now() + (this.#options.deadlineMs ?? patience(DEADLINE_MS)) };
      this.#client.makeUnaryRequest(
        path,
        (same: Buffer) => same,
        responseDeserialize,
        bytes,
        this.#metadata,
        options,
        done,
      );
    });
  }

  /** The stream of answers: an async iterable of messages, with `cancel()`. */
  stream(method: string, request: object) {
    const { path, requestSerialize, responseDeserialize } = methodOf(method);
    return this.#client.makeServerStreamRequest<object, Wire>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata,
    );
  }

  /** The first answers to these requests on one stream of both directions. */
  async converse(method: string, requests: readonly object[]): Promise<Wire[]> {
    const { path, requestSerialize, responseDeserialize } = methodOf(method);
    const call = this.#client.makeBidiStreamRequest<object, Wire>(path, requestSerialize, responseDeserialize, {
      deadline: Date.now() + patience(DEADLINE_MS),
    });
    for (const request of requests) call.write(request);
    call.end();
    const answers: Wire[] = [];
    for await (const answer of call) answers.push(answer);
    return answers;
  }

  close(): void {
    this.#client.close();
  }

  get #metadata(): Metadata {
    const metadata = new Metadata();
    const { key } = this.#options;
    if (key !== undefined) metadata.set("authorization", `Basic ${Buffer.from(`${key}:${key}`).toString("base64")}`);
    return metadata;
  }
}

function methodOf(method: string) {
  const [service = "", name = ""] = method.split("/");
  const original = service.replace("v1alpha", "v1");
  const definition = serviceDefinition(original, service)[name];
  if (definition === undefined) throw new Error(`there is no ${method} in protocol/`);
  return definition;
}
