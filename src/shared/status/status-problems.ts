/** What is not as it should be in the readings of a pipeline, and what to do about it. Pure. */
import { inPercent, WORKERS, workerOn } from "./status-parts.js";
import {
  type AssetReading,
  isSilent,
  type NatsReading,
  type ServiceReading,
  type StatusReadings,
} from "./status-readings.js";

export interface Problem {
  readonly what: string;
  readonly todo: string;
  /** The section of docs/operations.md that says more. */
  readonly section: string;
}

type Remedy = Omit<Problem, "what">;

const DOWN: Remedy = {
  todo: "one that died is started again by itself; end one that stays silent; its last log lines say why",
  section: "When a service is down",
};
const AWAY: Remedy = {
  todo: "see whether the server runs and can be reached from here; services go on by themselves once it answers",
  section: "When Postgres or NATS is away",
};
const BEHIND: Remedy = {
  todo: "nothing is lost; see which step is behind, and whether its service, Postgres or the disk is busy",
  section: "When requests pile up",
};
const FULL: Remedy = { todo: "see who fills it, and what does not empty it", section: "When something is nearly full" };
const HALTED: Remedy = {
  todo: "read the reason, mend what it names, start the service again",
  section: "When a service halts an asset",
};
const DISK: Remedy = {
  todo: "free space on the disk of nats-server, or bring its data back, then restart nats-server",
  section: "The disk of nats-server",
};
const CLOSED: Remedy = {
  todo: "when its reason is gone: npm run asset -- resume <asset> --why …",
  section: "Stop somebody, or everybody",
};
const DIFFERENT: Remedy = {
  todo: "npm run reconcile shows every row that differs",
  section: "When books differ",
};

/** By the name of the check that is not content (/readyz). */
export const REMEDIES: Readonly<Record<string, Remedy>> = {
  postgres: AWAY,
  nats: AWAY,
  streams: DISK,
  "order log": DISK,
  stage: BEHIND,
  replay: BEHIND,
  halted: HALTED,
  standby: HALTED,
  books: DIFFERENT,
};
/** All that a problem may be answered with. */
export const ALL_REMEDIES = [...Object.values(REMEDIES), DOWN, FULL, CLOSED];

/** An asset with more stored commands than this that are not settled is a problem: its owners wait for reports. */
const BEHIND_MAX = 1_000;
const LAG_MAX_SECONDS = 5;
const FULL_ABOVE = 0.8;

/** The problems; none: all is well. */
export function problemsOf({ services, assets, nats }: StatusReadings): Problem[] {
  const problems = services.flatMap(problemsOfService);
  if (isSilent(assets)) problems.push({ what: `Postgres: ${assets.silent}`, ...AWAY });
  else problems.push(...assets.flatMap(problemsOfAsset));
  if (isSilent(nats)) problems.push({ what: `NATS: ${nats.silent}`, ...AWAY });
  else {
    if (!isSilent(assets)) problems.push(...assets.flatMap(({ asset }) => orphanedBy(asset, nats)));
    problems.push(...problemsOfStreams(nats));
  }
  return problems;
}

function problemsOfService({ name, adminUrl, waitingFor, figures }: ServiceReading): Problem[] {
  if (isSilent(waitingFor)) return [{ what: `${name} does not answer at ${adminUrl}`, ...DOWN }];
  const failing = waitingFor.map((why) => ({ what: `${name}: ${why}`, ...(REMEDIES[checkIn(why)] ?? DOWN) }));
  if (figures === null) return failing;
  const late = Object.entries(figures.lagSeconds).filter(([, seconds]) => seconds > LAG_MAX_SECONDS);
  const full = figures.queues.filter(({ fill }) => fill > FULL_ABOVE);
  return [
    ...failing,
    ...late.map(([asset, seconds]) => ({
      what: `${name}: the oldest input of ${asset} waits for ${Math.round(seconds)} s`,
      ...BEHIND,
    })),
    ...full.map(({ queue, asset, fill }) => ({
      what: `${name}: its queue "${queue}"${asset === null ? "" : ` of ${asset}`} is ${inPercent(fill)} full`,
      ...FULL,
    })),
  ];
}

function checkIn(why: string): string {
  return why.slice(0, Math.max(0, why.indexOf(": ")));
}

function orphanedBy(asset: string, nats: NatsReading): Problem[] {
  return WORKERS.filter(({ service }) => workerOn(asset, service, nats) === null).map(({ service }) => ({
    what: `no ${service} works on ${asset}`,
    ...DOWN,
  }));
}

function problemsOfAsset({ asset, state, why, logged, settled }: AssetReading): Problem[] {
  return [
    ...(state === "open" ? [] : [{ what: `${asset} is ${state}: ${why}`, ...CLOSED }]),
    ...(logged - settled > BEHIND_MAX
      ? [{ what: `${asset}: settlement is ${logged - settled} commands behind`, ...BEHIND }]
      : []),
  ];
}

function problemsOfStreams({ streams, deadLetters }: NatsReading): Problem[] {
  const full = streams.filter(({ refuses, bytes, bytesMax }) => refuses && bytes > FULL_ABOVE * bytesMax);
  const replicas = streams.flatMap(({ stream, replicas }) =>
    replicas
      .filter(({ isCurrent }) => !isCurrent)
      .map(({ server }) => ({
        what: `${server} is away, or out of step with ${stream}`,
        todo: "restart that nats-server, and wait until it is back in step; two of three must be there",
        section: "Three nats-servers",
      })),
  );
  return [
    ...full.map(({ stream, bytes, bytesMax }) => ({
      what: `${stream} is ${inPercent(bytes / bytesMax)} full`,
      ...FULL,
    })),
    ...replicas,
    ...(deadLetters === 0 ? [] : [{ what: `${deadLetters} dead letters: read dead-letters.>`, ...HALTED }]),
  ];
}
