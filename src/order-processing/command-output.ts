/**
 * Publishes committed commands to COMMANDS under the fence, and keeps each asset's position. There is no outbox table: after
 * a restart, the stored commands after the last published one are published.
 */
import type { Bus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import { InvariantBroken } from "../shared/domain/errors.js";
import type { Command } from "../shared/domain/messages.js";
import { type CommandSequence, type EpochMs, epochMs, type StreamSequence } from "../shared/domain/units.js";
import type { Service } from "../shared/process/lifecycle.js";
import { FencedOutput } from "../shared/stage/fenced-output.js";
import { AssetHalted, haltingAsset } from "../shared/stage/stage.js";
import { decodeCommandBatch, encodeCommandBatch } from "../shared/wire/pipeline-codec.js";
import type { CommandPosition, CommandStore } from "./command-store.js";
import type { SequencedBatch } from "./sequencing.js";

/** Commands in one message at most; with as many it stays far below 256 KiB. */
const COMMANDS_PER_MESSAGE_MAX = 1_000;

/** How far an asset is in its input; the inherited fields are as Postgres has committed them. */
export interface AssetPosition extends CommandPosition {
  /** The last message of ORDERS that was read here, whether its requests became commands or it was skipped as unreadable. */
  seenThrough: StreamSequence;
  /** The next time an order expires: from then on the engine must be told the time, by a request or by itself. */
  nextExpiryMs: EpochMs | null;
}

interface AssetOutput {
  position: AssetPosition;
  readonly fenced: FencedOutput;
}

export class CommandOutput {
  readonly #service: Pick<Service, "log" | "stopping">;
  readonly #bus: Bus;
  readonly #store: CommandStore;
  readonly #outputs = new Map<string, AssetOutput>();

  constructor(service: Pick<Service, "log" | "stopping">, bus: Bus, store: CommandStore) {
    this.#service = service;
    this.#bus = bus;
    this.#store = store;
  }

  /** Reads the asset's position, and publishes commands that were committed before and not published. */
  async recover(asset: string): Promise<AssetPosition> {
    this.#outputs.delete(asset);
    const fenced = new FencedOutput(this.#bus, this.#service, "order-processing", asset);
    // Read before the position, so that it can't be ahead of it while another process commits and publishes.
    const published = await fenced.open();
    const stored = await this.#store.position(asset);
    const { last } = await this.#bus.streamBounds("ORDERS");
    if (last < stored.streamSequence)
      throw new Error(`${asset}: the order log ends at ${last}, but ${stored.streamSequence} was processed before`);
    const nextExpiryMs = await this.#store.nextExpiry(asset, stored.sequencedAtUs);
    await this.#publishRest(asset, fenced, published, stored);
    const position = { ...stored, seenThrough: stored.streamSequence, nextExpiryMs };
    this.#outputs.set(asset, { position, fenced });
    return position;
  }

  release(asset: string): void {
    this.#outputs.delete(asset);
  }

  assets(): string[] {
    return [...this.#outputs.keys()];
  }

  position(asset: string): AssetPosition {
    return this.#output(asset).position;
  }

  /** Publishes the commands of committed batches. Resolves when COMMANDS has stored them. */
  async publish(batches: readonly SequencedBatch[]): Promise<void> {
    for (const batch of batches) advance(this.position(batch.asset), batch);
    await Promise.all(batches.map(({ asset, commands }) => publishCommands(this.#output(asset).fenced, commands)));
  }

  async #publishRest(
    asset: string,
    output: FencedOutput,
    last: InputMessage | null,
    { commandSequence: committed, closedCommand }: CommandPosition,
  ): Promise<void> {
    let published =
      last === null ? closedCommand : haltingAsset(asset, () => lastSequence(decodeCommandBatch(last.data)));
    if (published > committed)
      throw new AssetHalted(asset, `commands reach ${published}, but order_log in Postgres ends at ${committed}`);
    while (published < committed) {
      const rest = await this.#store.commandsAfter(asset, published, COMMANDS_PER_MESSAGE_MAX);
      await publishCommands(output, rest);
      published = lastSequence(rest);
      this.#service.log.info({ asset, published, committed }, "published commands that were committed before");
    }
  }

  #output(asset: string): AssetOutput {
    const output = this.#outputs.get(asset);
    if (output === undefined) throw new InvariantBroken(`${asset} was not recovered before its input was handled`);
    return output;
  }
}

function advance(position: AssetPosition, { commands, reached, streamSequence }: SequencedBatch): void {
  const last = commands.at(-1) as Command;
  const expiries = commands.flatMap(({ body }) => (body.kind === "new" ? (body.expiresAtMs ?? []) : []));
  const nextExpiryMs = Math.min(position.nextExpiryMs ?? Number.POSITIVE_INFINITY, ...expiries);
  Object.assign(position, {
    logId: reached,
    streamSequence,
    commandSequence: last.commandSequence,
    sequencedAtUs: last.atUs,
    nextExpiryMs: Number.isFinite(nextExpiryMs) ? epochMs(nextExpiryMs) : null,
  });
}

function lastSequence(commands: readonly Command[]): CommandSequence {
  const last = commands.at(-1);
  if (last === undefined) throw new InvariantBroken("a batch of commands is empty");
  return last.commandSequence;
}

async function publishCommands(output: FencedOutput, commands: readonly Command[]): Promise<void> {
  for (let start = 0; start < commands.length; start += COMMANDS_PER_MESSAGE_MAX)
    await output.publish(encodeCommandBatch(commands.slice(start, start + COMMANDS_PER_MESSAGE_MAX)));
}
