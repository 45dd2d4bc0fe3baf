/** An order's way as the spans of a trace: one for the order, and in it one for each hop. Pure. */
import { type HrTime, type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { EpochUs } from "../shared/domain/units.js";
import { HOPS, type OrderWay } from "../shared/order-way/order-way.js";
import { spanIdOf, traceIdOf } from "./sampling.js";

const NAMESPACE = "bourse";
const SCOPE = { name: "bourse.trace-export" };

/** One object a service: the exporter groups spans by it. */
const RESOURCES: ReadonlyMap<string, Resource> = new Map(
  [NAMESPACE, ...HOPS.map(({ by }) => by)].map((service) => [
    service,
    resourceFromAttributes({ "service.name": service, "service.namespace": NAMESPACE }),
  ]),
);

/** From an order's receipt to its last known step. Each hop begins where the step before it, as far as known, ended. */
export function spansOf({ order, timesUs }: OrderWay): ReadableSpan[] {
  const { asset, orderId, commandSequence, event, receivedAtUs } = order;
  const traceId = traceIdOf(order);
  const attributes = { "bourse.asset": asset, "bourse.order_id": orderId };
  const root = context(traceId, spanIdOf(order, "order"));
  let sinceUs = receivedAtUs;
  const hops = HOPS.flatMap(({ reaches, by }) => {
    const atUs = timesUs[reaches];
    if (atUs === undefined) return [];
    // The clocks of two machines may tell an end before its beginning.
    const [startUs, endUs] = [sinceUs, atUs > sinceUs ? atUs : sinceUs];
    sinceUs = endUs;
    return [
      span({
        name: reaches,
        service: by,
        kind: SpanKind.INTERNAL,
        context: context(traceId, spanIdOf(order, reaches)),
        parent: root,
        startUs,
        endUs,
        attributes,
      }),
    ];
  });
  const whole = span({
    name: `order ${asset}`,
    service: NAMESPACE,
    kind: SpanKind.SERVER,
    context: root,
    startUs: receivedAtUs,
    endUs: sinceUs,
    attributes: { ...attributes, "bourse.command_sequence": commandSequence, "bourse.outcome": event },
  });
  return [whole, ...hops];
}

function context(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

interface SpanParts {
  readonly name: string;
  readonly service: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly parent?: SpanContext;
  readonly startUs: EpochUs;
  readonly endUs: EpochUs;
  readonly attributes: ReadableSpan["attributes"];
}

function span({ name, service, kind, context, parent, startUs, endUs, attributes }: SpanParts): ReadableSpan {
  return {
    name,
    kind,
    spanContext: () => context,
    ...(parent === undefined ? {} : { parentSpanContext: parent }),
    startTime: hrTime(startUs),
    endTime: hrTime(endUs),
    duration: hrTime(endUs - startUs),
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    attributes,
    links: [],
    events: [],
    resource: RESOURCES.get(service) as Resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds, and nanoseconds of the rest. */
function hrTime(us: number): HrTime {
  return [Math.floor(us / 1_000_000), (us % 1_000_000) * 1_000];
}
