import { expect } from "chai";
import { ConfigurationError } from "../../../src/shared/domain/errors.js";
import { serviceConfig } from "../../../src/trace-export/config.js";

describe("the configuration of the trace export", () => {
  const SERVERS = { NATS_URL: "nats://nats", DATABASE_URL: "postgres://postgres" };
  const read = (values: NodeJS.ProcessEnv) => serviceConfig({ ...SERVERS, ...values });

  it("posts traces where OTLP has them, under either name of the address, with one order of a hundred", () => {
    const { collectorUrl, samplePercent } = read({ OTLP_URL: "http://127.0.0.1:4318" });
    expect({ collectorUrl, samplePercent }).to.deep.equal({
      collectorUrl: "http://127.0.0.1:4318/v1/traces",
      samplePercent: 1,
    });
    const usual = read({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector/otlp/", TRACE_SAMPLE_PERCENT: "0.25" });
    expect(usual).to.include({ collectorUrl: "https://collector/otlp/v1/traces", samplePercent: 0.25 });
  });

  it("is refused in one line without an address, or with a share that is none", () => {
    expect(() => read({})).to.throw(ConfigurationError, /^configuration: OTLP_URL is not set: where is the collector/);
    for (const OTLP_URL of ["collector:4318", "http://", "ftp://collector"])
      expect(() => read({ OTLP_URL })).to.throw(ConfigurationError, /must be a collector's address/);
    for (const TRACE_SAMPLE_PERCENT of ["0", "101", "-1", "1e1", "half"])
      expect(() => read({ OTLP_URL: "http://collector", TRACE_SAMPLE_PERCENT })).to.throw(
        ConfigurationError,
        /TRACE_SAMPLE_PERCENT is ".+"; it must be above 0 and at most 100/,
      );
  });
});
