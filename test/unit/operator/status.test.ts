import { expect } from "chai";
import { problemsOf, statusText } from "../../../src/operator/status.js";
import type { StatusReadings } from "../../../src/operator/status-readings.js";

const WELL: StatusReadings = {
  services: [{ name: "matching-engine", adminUrl: "http://127.0.0.1:9103", waitingFor: [] }],
  assets: [{ asset: "BTC-USD", state: "open", why: null, logged: 12, settled: 10, reconciled: 9 }],
  nats: {
    matched: { "BTC-USD": 11 },
    holders: [
      { service: "order-processing", asset: "BTC-USD", instance: "one" },
      { service: "matching-engine", asset: "BTC-USD", instance: "two" },
      { service: "trade-processing", asset: "BTC-USD", instance: "three" },
    ],
    deadLetters: 0,
  },
};

describe("the status of a pipeline", () => {
  it("that is well is one glance: services, assets, how far each is, and who works on it", () => {
    expect(statusText(WELL)).to.equal(
      [
        "all is well",
        "",
        "service          is     admin",
        "matching-engine  ready  http://127.0.0.1:9103",
        "",
        "asset    state  logged  matched  settled  reconciled  processed by  matched by  settled by",
        "BTC-USD  open   12      11       10       9           one           two         three",
      ].join("\n"),
    );
  });

  const [asset] = WELL.assets as readonly [
    { asset: string; state: string; why: null; logged: number; settled: number; reconciled: number },
  ];
  const nats = WELL.nats as Exclude<StatusReadings["nats"], { silent: string }>;
  const [service] = WELL.services as readonly [StatusReadings["services"][number]];
  const cases: [name: string, readings: Partial<StatusReadings>, problem: string][] = [
    [
      "a service that waits for something",
      { services: [{ ...service, waitingFor: ["nats: not connected"] }] },
      "matching-engine: nats: not connected",
    ],
    [
      "a service that does not answer",
      { services: [{ ...service, waitingFor: { silent: "fetch failed" } }] },
      "matching-engine does not answer at http://127.0.0.1:9103",
    ],
    [
      "an asset that is not open",
      { assets: [{ ...asset, state: "halted", why: "a row differs" }] },
      "BTC-USD is halted: a row differs",
    ],
    ["a backlog", { assets: [{ ...asset, logged: 2_000 }] }, "BTC-USD: settlement is 1990 commands behind"],
    [
      "an asset that nobody works on",
      {
        nats: {
          ...nats,
          holders: nats.holders.map((one) => (one.instance === "two" ? { ...one, instance: "" } : one)),
        },
      },
      "no matching-engine works on BTC-USD",
    ],
    [
      "an asset that nobody has ever worked on",
      { nats: { ...nats, holders: nats.holders.filter(({ service }) => service !== "trade-processing") } },
      "no trade-processing works on BTC-USD",
    ],
    ["dead letters", { nats: { ...nats, deadLetters: 2 } }, "2 dead letters: read dead-letters.>"],
    ["Postgres that is away", { assets: { silent: "connect ECONNREFUSED" } }, "Postgres: connect ECONNREFUSED"],
    ["NATS that is away", { nats: { silent: "no answer" } }, "NATS: no answer"],
  ];
  for (const [name, readings, problem] of cases)
    it(`begins with ${name}`, () => {
      expect(problemsOf({ ...WELL, ...readings })).to.deep.equal([problem]);
      expect(statusText({ ...WELL, ...readings })).to.match(/^not all is well:\n {2}/);
    });
});
