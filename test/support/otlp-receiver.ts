/** A collector that speaks as much of OTLP/HTTP as a test needs: it keeps what it gets, or refuses it. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly startUs: number;
  readonly endUs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string };
}

interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
}

interface WireTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

const [OK, BAD_REQUEST] = [200, 400];

export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Answers everything so that no sender tries it again. */
  refuses = false;
  requests = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<OtlpReceiver> {
    const server = createServer((request, response) => {
      void json(request).then((body) => {
        response.writeHead(receiver.#take(request.url ?? "", body as WireTraces), {
          "content-type": "application/json",
        });
        response.end("{}");
      });
    });
    const receiver = new OtlpReceiver(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** By trace: its spans by name. */
  traces(): ReadonlyMap<string, ReadonlyMap<string, ReceivedSpan>> {
    const traces = new Map<string, Map<string, ReceivedSpan>>();
    for (const span of this.spans) {
      const spans = traces.get(span.traceId) ?? new Map<string, ReceivedSpan>();
      traces.set(span.traceId, spans.set(span.name, span));
    }
    return traces;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(url: string, { resourceSpans }: WireTraces): number {
    this.requests += 1;
    if (this.refuses || url !== "/v1/traces") return BAD_REQUEST;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(attributesOf(resource.attributes)["service.name"]);
      for (const { spans } of scopeSpans) this.spans.push(...spans.map((span) => spanOf(service, span)));
    }
    return OK;
  }
}

function spanOf(service: string, span: WireSpan): ReceivedSpan {
  const { traceId, spanId, parentSpanId = null, name, startTimeUnixNano, endTimeUnixNano, attributes } = span;
  const microseconds = (nanoseconds: string) => Number(BigInt(nanoseconds) / 1_000n);
  const [startUs, endUs] = [microseconds(startTimeUnixNano), microseconds(endTimeUnixNano)];
  return { service, traceId, spanId, parentSpanId, name, startUs, endUs, attributes: attributesOf(attributes) };
}

function attributesOf(attributes: readonly Attribute[]): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue } }) => [key, stringValue ?? Number(intValue)]),
  );
}
