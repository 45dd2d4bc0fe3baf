/**
 * The subscribers of a run, thousands of them, in a process of their own. Run by crowd.ts, whose requests come over the channel
 * to the parent; it ends with it.
 */
import { nowUs } from "../../src/shared/process/clock.js";
import { waitFor } from "../../src/shared/process/waits.js";
import type { CrowdAnswer, CrowdRequest } from "./crowd.js";
import { RawClient, type RawClientOptions, type Tally } from "./raw-client.js";

/** Handshakes under way at once. */
const OPENING_MAX = 128;
const REACH_TIMEOUT_MS = 60_000;

interface Group {
  readonly clients: RawClient[];
  readonly tally: Tally;
}

const groups = new Map<string, Group>();

function newTally(): Tally {
  return { packets: 0, bytes: 0, closed: 0, items: 0, gaps: 0, repeats: 0, latenciesUs: [], lastAtUs: null };
}

function groupOf(name: string): Group {
  const group = groups.get(name) ?? { clients: [], tally: newTally() };
  groups.set(name, group);
  return group;
}

async function open(name: string, count: number, optionsOf: (index: number) => RawClientOptions): Promise<void> {
  const { clients, tally } = groupOf(name);
  let begun = 0;
  const openSome = async () => {
    for (let index = begun++; index < count; index = begun++) {
      const client = new RawClient(optionsOf(index), tally);
      clients.push(client);
      await client.ready;
    }
  };
  await Promise.all(Array.from({ length: OPENING_MAX }, openSome));
}

function arm({ clients, tally }: Group): void {
  let missing = clients.length;
  tally.lastAtUs = null;
  for (const client of clients)
    client.onNextPacket(() => {
      missing -= 1;
      if (missing === 0) tally.lastAtUs = nowUs();
    });
}

async function answer(request: CrowdRequest): Promise<Tally> {
  const group = groupOf(request.group);
  const { clients, tally } = group;
  switch (request.kind) {
    case "open": {
      const { port, count, auths, requests, isReading } = request;
      await open(request.group, count, (index) => ({
        port,
        auth: auths[index % auths.length] ?? null,
        requests,
        isReading,
      }));
      break;
    }
    case "arm":
      arm(group);
      break;
    case "stall":
      for (const client of clients) client.stopReading();
      break;
    case "reach": {
      const isThere = () => (clients.every(({ lastSequence }) => lastSequence >= request.sequence) ? true : null);
      await waitFor("everybody's last item", { deadlineMs: REACH_TIMEOUT_MS, everyMs: 5 }, isThere);
      break;
    }
    case "close":
      for (const client of clients) client.close();
      groups.delete(request.group);
      break;
    case "tally":
      break;
  }
  const told = { ...tally };
  tally.latenciesUs = [];
  return told;
}

process.on("disconnect", () => process.exit(0));
process.on("message", ({ id, request }: { id: number; request: CrowdRequest }) => {
  const tell = (told: CrowdAnswer) => process.send?.(told);
  answer(request).then(
    (tally) => tell({ id, tally }),
    (error: Error) => tell({ id, failed: error.message }),
  );
});
