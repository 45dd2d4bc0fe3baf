import { expect } from "chai";
import { AlarmHistory } from "../../../src/operator/alarm-history.js";
import { statusText } from "../../../src/operator/status.js";
import { ALL_REMEDIES, problemsOf } from "../../../src/shared/status/status-problems.js";
import type { AssetReading, StatusReadings } from "../../../src/shared/status/status-readings.js";
import { runbookSections } from "../../support/runbook.js";

const FIGURES = {
  cpuSeconds: 10,
  memoryBytes: 130_000_000,
  delays: { count: 50, seconds: 0.1 },
  lagSeconds: { "BTC-USD": 0.25 },
  openOrders: { "BTC-USD": 1_234 },
  queues: [{ queue: "input", asset: "BTC-USD", fill: 0.04 }],
};

const ORDERS = {
  stream: "ORDERS",
  messages: 12_345,
  bytes: 2 ** 30,
  bytesMax: 2 ** 32,
  refuses: true,
  replicas: [{ server: "nats-2", behind: 7, isCurrent: true }],
} as const;

const WELL: StatusReadings = {
  atMs: Date.UTC(2026, 10, 29, 12),
  services: [{ name: "matching-engine", adminUrl: "http://127.0.0.1:9103", waitingFor: [], figures: FIGURES }],
  assets: [{ asset: "BTC-USD", state: "open", why: null, logged: 120, settled: 110, reconciled: 90 }],
  nats: {
    matched: { "BTC-USD": 115 },
    holders: [
      { service: "order-processing", asset: "BTC-USD", instance: "one" },
      { service: "matching-engine", asset: "BTC-USD", instance: "two" },
      { service: "trade-processing", asset: "BTC-USD", instance: "three" },
    ],
    deadLetters: 0,
    streams: [ORDERS],
  },
  differences: [],
};
/** Two seconds before. */
const BEFORE: StatusReadings = {
  ...WELL,
  atMs: WELL.atMs - 2_000,
  services: WELL.services.map((one) => ({
    ...one,
    figures: { ...FIGURES, cpuSeconds: 9.5, delays: { count: 40, seconds: 0.06 } },
  })),
  assets: [{ asset: "BTC-USD", state: "open", why: null, logged: 100, settled: 100, reconciled: 90 }],
};

const textOf = (now: StatusReadings) => statusText({ now, before: null, alarms: [] });

describe("the status of a pipeline", () => {
  it("that is well is one glance: services, assets and their rates, how far each is, who works on it, streams", () => {
    expect(statusText({ now: WELL, before: BEFORE, alarms: [] })).to.equal(
      [
        "all is well",
        "",
        "service          is     CPU   memory   late by  fullest queue  admin",
        "matching-engine  ready  25 %  124 MiB  4 ms     input 4 %      http://127.0.0.1:9103",
        "",
        "asset    state  requests/s  open orders  logged  matched  settled  reconciled",
        "BTC-USD  open   10          1,234        120     115      110      90",
        "",
        "asset    processed by  lag  matched by  lag    settled by  lag",
        "BTC-USD  one           ?    two         0.3 s  three       ?",
        "",
        "stream  full  size                messages  replicas",
        "ORDERS  25 %  1.0 GiB of 4.0 GiB  12,345    nats-2 7 behind",
      ].join("\n"),
    );
  });

  it("names what to do about a problem, since when there is one, and the last ones that are over", () => {
    const history = new AlarmHistory();
    const away = { ...WELL, nats: { silent: "no answer" } };
    const behind = (commands: number) => ({
      ...WELL,
      assets: [{ asset: "BTC-USD", state: "open", why: null, logged: 5_000 + commands, settled: 0, reconciled: 0 }],
    });
    history.look(problemsOf(away), WELL.atMs - 190_000);
    history.look(problemsOf(behind(1)), WELL.atMs - 60_000);
    history.look(problemsOf(behind(2)), WELL.atMs);
    const [headline, what, todo, over] = statusText({
      now: behind(2),
      before: null,
      alarms: history.alarms,
    }).split("\n");
    expect([headline, what]).to.deep.equal([
      "not all is well:",
      "  BTC-USD: settlement is 5002 commands behind (for 60 s)",
    ]);
    expect(todo).to.match(/^ {4}→ nothing is lost; .* \(docs\/operations\.md, When requests pile up\)$/);
    expect(over).to.equal("  over since 2026-11-29 11:59:00Z, after 2 min: NATS: no answer");
  });

  it("keeps in mind what reconciliation has found", () => {
    const found = { seenAtMs: WELL.atMs, isResolved: true, what: "balances.held of 1 is 5, expected is 6" };
    expect(textOf({ ...WELL, differences: [found] })).to.match(
      /^all is well\n {2}books differed at 2026-11-29 12:00:00Z, resolved: balances\.held of 1 is 5, expected is 6\n/,
    );
  });

  it("sends operators to sections of the runbook that are there", () => {
    const sections = runbookSections();
    expect(ALL_REMEDIES.filter(({ section }) => !sections.includes(section))).to.deep.equal([]);
  });

  it("lets nothing that others have written move the terminal's cursor", () => {
    const [asset] = WELL.assets as readonly [AssetReading];
    expect(textOf({ ...WELL, assets: [{ ...asset, state: "halted", why: "\x1b[2J" }] })).to.not.contain("\x1b");
  });

  const [asset] = WELL.assets as readonly [AssetReading];
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
      { services: [{ ...service, waitingFor: { silent: "fetch failed" }, figures: null }] },
      "matching-engine does not answer at http://127.0.0.1:9103",
    ],
    [
      "an asset that is not open",
      { assets: [{ ...asset, state: "halted", why: "a row differs" }] },
      "BTC-USD is halted: a row differs",
    ],
    ["a backlog", { assets: [{ ...asset, logged: 2_000 }] }, "BTC-USD: settlement is 1890 commands behind"],
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
    [
      "a step that is behind",
      { services: [{ ...service, figures: { ...FIGURES, lagSeconds: { "BTC-USD": 7.4 } } }] },
      "matching-engine: the oldest input of BTC-USD waits for 7 s",
    ],
    [
      "a queue that is nearly full",
      {
        services: [{ ...service, figures: { ...FIGURES, queues: [{ queue: "connections", asset: null, fill: 0.9 }] } }],
      },
      'matching-engine: its queue "connections" is 90 % full',
    ],
    [
      "a stream that soon takes nothing",
      { nats: { ...nats, streams: [{ ...ORDERS, bytes: 0.85 * 2 ** 32 }] } },
      "ORDERS is 85 % full",
    ],
    [
      "a replica that is away",
      { nats: { ...nats, streams: [{ ...ORDERS, replicas: [{ server: "nats-2", behind: 0, isCurrent: false }] }] } },
      "nats-2 is away, or out of step with ORDERS",
    ],
    ["dead letters", { nats: { ...nats, deadLetters: 2 } }, "2 dead letters: read dead-letters.>"],
    ["Postgres that is away", { assets: { silent: "connect ECONNREFUSED" } }, "Postgres: connect ECONNREFUSED"],
    ["NATS that is away", { nats: { silent: "no answer" } }, "NATS: no answer"],
  ];
  for (const [name, readings, problem] of cases)
    it(`begins with ${name}`, () => {
      expect(problemsOf({ ...WELL, ...readings }).map(({ what }) => what)).to.deep.equal([problem]);
      expect(textOf({ ...WELL, ...readings })).to.match(/^not all is well:\n {2}.*\n {4}→ /);
    });
});
