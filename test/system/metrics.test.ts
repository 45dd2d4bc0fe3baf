import { expect } from "chai";
import { HOPS } from "../../src/shared/order-way/order-way.js";
import { SERVICES, TRACE_EXPORT } from "../../src/shared/process/services.js";
import { type Sample, samplesIn } from "../../src/shared/status/exposition.js";
import { eventually } from "../support/eventually.js";
import { OtlpReceiver } from "../support/otlp-receiver.js";
import { metricsCatalogue } from "../support/runbook.js";
import { TextSession } from "../support/trading-session.js";
import { BourseUnderTest } from "./bourse-under-test.js";

/** Series of one metric in one process at most, a histogram's buckets aside: four assets, the rejects, the streams. */
const SERIES_MAX = 50;
/** Two rounds of the export, and some. */
const TRACED_WITHIN_MS = 20_000;
const ALL = [...SERVICES, TRACE_EXPORT];
/** Labels that every metric, or every one of its kind, has. */
const USUAL_LABELS = ["service", "le", "quantile"];

describe("the metrics of a running bourse", function () {
  this.timeout(90_000);
  let bourse: BourseUnderTest;
  let collector: OtlpReceiver;
  const texts = new Map<string, string>();
  const samples: Sample[] = [];
  const catalogue = metricsCatalogue();

  before(async () => {
    collector = await OtlpReceiver.open();
    bourse = await BourseUnderTest.start({ OTLP_URL: collector.url, TRACE_SAMPLE_PERCENT: "100" });
    const session = await TextSession.open(bourse.endpoints.orderHandler, "random1");
    await session.request("BUY BTC-USD 0.1 60000");
    await session.request("SELL BTC-USD 0.1 60000.001");
    session.close();
    await eventually("the order rests", async () => {
      for (const { name, adminUrl } of bourse.endpoints.services)
        texts.set(name, await (await fetch(`${adminUrl}/metrics`)).text());
      samples.splice(0, samples.length, ...[...texts.values()].flatMap(samplesIn));
      return sampled("bourse_open_orders", { asset: "BTC-USD" }) === 1 ? true : null;
    });
  });
  after(async () => {
    await bourse?.end();
    await collector?.close();
  });

  const sampled = (name: string, labels: Sample["labels"]) =>
    samples.find(
      (one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    )?.value;

  it("are those of the catalogue, and no other", () => {
    const found = new Map<string, { kind: string; of: string[]; help: string }>();
    for (const [service, text] of texts)
      for (const [, name, help, kind] of text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)) {
        const one = found.get(name as string) ?? { kind: kind as string, of: [], help: help as string };
        one.of.push(service);
        found.set(name as string, one);
      }
    const inPipelineOrder = (of: readonly string[]) =>
      of.length === ALL.length ? "every service" : ALL.filter((name) => of.includes(name)).join(", ");
    const printed = [...found].map(([name, one]) => `${name} | ${one.kind} | ${inPipelineOrder(one.of)} | ${one.help}`);
    const described = catalogue.map(({ name, kind, of, help }) => `${name} | ${kind} | ${of} | ${help}`);
    expect(described.sort()).to.deep.equal(printed.sort());
  });

  it("have no other labels than the catalogue says, and few values of each", () => {
    const isBucket = (name: string) => /_bucket$/.test(name);
    for (const { name, labels } of catalogue) {
      const own = samples.filter((one) => one.name === name || one.name.replace(/_(bucket|sum|count)$/, "") === name);
      const seen = new Set(own.flatMap((one) => Object.keys(one.labels)));
      const others = [...seen].filter((label) => ![...labels, ...USUAL_LABELS].includes(label));
      expect(others, name).to.deep.equal([]);
      for (const service of ALL) {
        const series = own.filter((one) => !isBucket(one.name) && one.labels["service"] === service);
        expect(series.length, name).to.be.below(SERIES_MAX);
      }
    }
  });

  it("are named as is usual: the unit at the end, _total for counters alone", () => {
    for (const { name, kind } of catalogue.filter(({ name }) => name.startsWith("bourse_"))) {
      expect(name.endsWith("_total"), name).to.equal(kind === "counter");
      expect(name).to.match(/^[a-z][a-z_]*[a-z]$/);
      expect(name).to.not.match(/_(ms|us|ns|milliseconds|microseconds|minutes|kb|mb|percent)(_total)?$/);
    }
  });

  it("tell what was asked and refused, how full streams are, and what Postgres does", () => {
    expect(sampled("bourse_handler_requests_total", { kind: "new" })).to.equal(1);
    expect(sampled("bourse_handler_rejects_total", { name: "INVALID_PRICE" })).to.equal(1);
    expect(sampled("bourse_stream_bytes", { stream: "ORDERS" })).to.be.above(0);
    expect(sampled("bourse_stream_limit_bytes", { stream: "ORDERS" })).to.equal(4 * 2 ** 30);
    expect(sampled("bourse_postgres_transactions_total", { outcome: "committed" })).to.be.above(0);
    expect(sampled("bourse_postgres_locks", { is: "waited for" })).to.equal(0);
    expect(sampled("bourse_stage_lag_seconds", { asset: "BTC-USD", service: "trade-processing" })).to.be.at.least(0);
    expect(sampled("bourse_queue_fill_ratio", { queue: "connections", service: "order-handler" })).to.be.at.least(0);
  });

  it("have a process beside them that sends orders' ways to the collector that was named", async () => {
    const session = await TextSession.open(bourse.endpoints.orderHandler, "random1");
    await eventually(
      "a trace with every hop",
      async () => {
        await session.request("BUY ETH-USD 0.1 1000");
        return [...collector.traces().values()].some((spans) => spans.size === HOPS.length + 1) ? true : null;
      },
      TRACED_WITHIN_MS,
    );
    session.close();
  });
});
