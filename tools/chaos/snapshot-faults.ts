/** An engine whose snapshots are not what they were when it starts again. */
import { SnapshotStore, type StoredSnapshot } from "../../src/matching-engine/snapshot-store.js";
import { readRange } from "../../src/matching-engine/subject-range.js";
import type { Bus } from "../../src/shared/bus/bus.js";
import { streamSequence } from "../../src/shared/domain/units.js";
import type { Fault } from "./fault.js";

/** What becomes of an asset's snapshots, the newest first. */
type Damage = (bus: Bus, snapshots: readonly StoredSnapshot[]) => Promise<void>;

export const FREQUENT_SNAPSHOTS = { ENGINE_SNAPSHOT_COMMANDS: "50", ENGINE_SNAPSHOT_INTERVAL_MS: "500" } as const;

const PUBLISH_TIMEOUT_MS = 5_000;
const FUTURE_COMMANDS = 1_000_000;

async function messagesOf(bus: Bus, { subject }: StoredSnapshot): Promise<Uint8Array[]> {
  const last = await bus.lastMessage("SNAPSHOTS", subject);
  const messages: Uint8Array[] = [];
  if (last === null) return messages;
  const range = { stream: "SNAPSHOTS", subject, after: streamSequence(0), through: last.streamSequence } as const;
  for await (const { data } of readRange(bus, range)) messages.push(Uint8Array.from(data));
  return messages;
}

async function put(bus: Bus, subject: string, messages: readonly Uint8Array[]): Promise<void> {
  for (const data of messages) {
    const outcome = await bus.publish(subject, data, { deadlineMs: PUBLISH_TIMEOUT_MS });
    if (outcome.kind !== "stored") throw new Error(`${subject} can't be stored: ${JSON.stringify(outcome)}`);
  }
}

const flipBit: Damage = async (bus, [newest]) => {
  if (newest === undefined) return;
  const messages = await messagesOf(bus, newest);
  const hit = messages.at(-1);
  if (hit !== undefined) hit[hit.length >> 1] = (hit[hit.length >> 1] ?? 0) ^ 4;
  await bus.purge("SNAPSHOTS", newest.subject);
  await put(bus, newest.subject, messages);
};

const cutOff: Damage = async (bus, [newest]) => {
  if (newest === undefined) return;
  const messages = await messagesOf(bus, newest);
  await bus.purge("SNAPSHOTS", newest.subject);
  await put(bus, newest.subject, messages.slice(0, -1));
};

/** Under a name that says it stands for commands that nobody has given yet. */
const fromTheFuture: Damage = async (bus, [newest]) => {
  if (newest === undefined) return;
  const future = newest.commandSequence + FUTURE_COMMANDS;
  const subject = newest.subject.replace(`.${newest.commandSequence}-`, `.${future}-`);
  await put(bus, subject, await messagesOf(bus, newest));
};

const deleteAll: Damage = async (bus, snapshots) => {
  for (const { subject } of snapshots) await bus.purge("SNAPSHOTS", subject);
};

function damaged(name: string, how: string, damage: Damage): Fault {
  return {
    name: `snapshots-${name}`,
    how: `the engine is killed, ${how}, it starts again`,
    meanwhile: "reports wait",
    measure: "report",
    recoversWithinMs: 60_000,
    lastsMs: 0,
    settings: FREQUENT_SNAPSHOTS,
    inject: async (world) => {
      const engine = world.process("matching-engine");
      await engine.stop();
      const store = new SnapshotStore(world.bus);
      for (const asset of world.registry.assets.keys()) await damage(world.bus, await store.list(asset));
      engine.startAgain();
      world.load.recovery.mark();
    },
  };
}

export const SNAPSHOT_FAULTS: readonly Fault[] = [
  damaged("bit-flipped", "a bit of each newest snapshot changes", flipBit),
  damaged("cut-off", "each newest snapshot loses its end", cutOff),
  damaged("from-the-future", "each asset gets a snapshot of commands that were never given", fromTheFuture),
  damaged("deleted", "all snapshots are deleted", deleteAll),
];

export const SHORT_SNAPSHOT_FAULTS: readonly Fault[] = SNAPSHOT_FAULTS.filter(({ name }) => name.endsWith("-flipped"));
