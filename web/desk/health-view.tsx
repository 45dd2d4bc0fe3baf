import type { Answer, Api } from "./api.js";
import { useLook } from "./looked-at.js";
import { type Column, plain, Table } from "./paged-table.js";

const LOOK_EVERY_MS = 2_000;

const isSilent = (reading: Answer): boolean => "silent" in reading;

const SERVICES: Column[] = [
  ...plain("name: service"),
  {
    head: "is",
    cell: ({ waitingFor }) => {
      if (isSilent(waitingFor)) return <span class="bad">silent: {waitingFor.silent}</span>;
      return waitingFor.length === 0 ? (
        <span class="good">ready</span>
      ) : (
        <span class="bad">{waitingFor.join("; ")}</span>
      );
    },
  },
  { head: "lag", cell: ({ figures }) => lagText(figures?.lagSeconds ?? {}) },
  { head: "fullest queue", cell: ({ figures }) => queueText(figures?.queues[0]) },
  {
    head: "memory",
    cell: ({ figures }) => (figures === null ? "–" : `${Math.round(figures.memoryBytes / 2 ** 20)} MiB`),
  },
];

function lagText(lags: Record<string, number>): string {
  const worst = Object.entries(lags).sort(([, one], [, other]) => other - one)[0];
  return worst === undefined ? "–" : `${worst[1].toFixed(1)} s (${worst[0]})`;
}

function queueText(queue: Answer): string {
  return queue === undefined
    ? "–"
    : `${queue.queue}${queue.asset === null ? "" : ` of ${queue.asset}`} ${Math.ceil(queue.fill * 100)} %`;
}

function assetColumns(nats: Answer): Column[] {
  const owner = (asset: string, service: string) =>
    isSilent(nats)
      ? "?"
      : (nats.holders.find((one: Answer) => one.asset === asset && one.service === service)?.instance ?? "nobody");
  return [
    ...plain("asset", "state", "why", "logged"),
    { head: "matched", cell: ({ asset }) => (isSilent(nats) ? "?" : (nats.matched[asset] ?? 0)) },
    ...plain("settled", "reconciled"),
    ...["order-processing", "matching-engine", "trade-processing"].map((service) => ({
      head: service,
      cell: ({ asset }: Answer) => owner(asset, service),
    })),
  ];
}

const STREAMS: Column[] = [
  ...plain("stream"),
  { head: "full", cell: ({ bytes, bytesMax }) => `${Math.ceil((bytes / bytesMax) * 100)} %` },
  ...plain("messages"),
];

export function HealthView({ api }: { readonly api: Api }) {
  const { answer, problem } = useLook(api, "/api/health", { everyMs: LOOK_EVERY_MS });
  if (answer === null) return <p role="status">{problem ?? "looking …"}</p>;
  const { problems, readings } = answer;
  return (
    <>
      <section aria-label="Problems">
        <h2>{problems.length === 0 ? "All is well" : "Not all is well"}</h2>
        {problem !== null && <p class="bad">What follows is old: {problem}</p>}
        <ul>
          {problems.map(({ what, todo, section }: Answer) => (
            <li key={what}>
              <span class="bad">{what}</span>: {todo} (docs/operations.md, {section})
            </li>
          ))}
        </ul>
      </section>
      <Table title="Services" columns={SERVICES} rows={readings.services} />
      {!isSilent(readings.assets) && (
        <Table title="Assets" columns={assetColumns(readings.nats)} rows={readings.assets} />
      )}
      {!isSilent(readings.nats) && <Table title="Streams" columns={STREAMS} rows={readings.nats.streams} />}
    </>
  );
}
