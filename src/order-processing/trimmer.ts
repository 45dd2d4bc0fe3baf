/**
 * Trims ORDERS, COMMANDS and EXECUTIONS: removes messages that every reader's committed position and every kept snapshot
 * has passed, but for a margin; and of ORDERS nothing that is needed to go back to a kept backup of Postgres. Nothing else
 * ever shrinks these streams. COMMANDS and EXECUTIONS of an asset whose engine has not said that its snapshots can be loaded
 * are left alone.
 */

import type { Bus } from "../shared/bus/bus.js";
import { neededByNone, putTrimmed, readOrdersForBackups } from "../shared/bus/orders-for-backups.js";
import { readReplayHorizon } from "../shared/bus/replay-horizon.js";
import { type StreamName, subjectOf } from "../shared/bus/subjects.js";
import type { Database } from "../shared/database/database.js";
import type { AssetShare } from "../shared/leases/asset-share.js";
import type { Service } from "../shared/process/lifecycle.js";
import { pausedFor } from "../shared/process/waits.js";

export interface TrimOptions {
  readonly intervalMs: number;
  /** How many messages before the last removable one are kept all the same. */
  readonly marginMessages: number;
}

type ReaderPositions = ReadonlyMap<string, number>;

export class Trimmer {
  readonly #service: Pick<Service, "log" | "stopping" | "metrics">;
  readonly #bus: Bus;
  readonly #database: Pick<Database, "query">;
  readonly #share: AssetShare;
  readonly #options: TrimOptions;
  readonly #trimmedTo;
  readonly #backupMadeAt;
  #isLosingBackups = false;

  constructor(
    service: Pick<Service, "log" | "stopping" | "metrics">,
    bus: Bus,
    database: Pick<Database, "query">,
    share: AssetShare,
    options: TrimOptions,
  ) {
    this.#service = service;
    this.#bus = bus;
    this.#database = database;
    this.#share = share;
    this.#options = options;
    this.#trimmedTo = service.metrics.gauge("stream_trimmed_to", "Messages of an asset are removed before this one", [
      "stream",
      "asset",
    ]);
    this.#backupMadeAt = service.metrics.gauge(
      "backup_made_at_seconds",
      "When the newest whole backup began, since the epoch",
    );
    this.#backupMadeAt.remove();
  }

  /** Trims in every interval until the service stops; a trim that fails is tried again in the next one. */
  async run(): Promise<void> {
    const { stopping, log } = this.#service;
    while (await pausedFor(this.#options.intervalMs, stopping))
      for (const asset of this.#share.assets())
        await this.trim(asset).catch((err: unknown) => log.warn({ err, asset }, "the streams could not be trimmed"));
  }

  async trim(asset: string): Promise<void> {
    const horizon = await readReplayHorizon(this.#bus, asset);
    const positions = await this.#positions(asset);
    const processed = positions.get("order-processing") ?? 0;
    const settled = positions.get("trade-processing") ?? 0;
    await this.#remove("ORDERS", asset, Math.min(processed, await this.#neededByNoBackup(asset)));
    if (horizon === null) return;
    await this.#remove("COMMANDS", asset, horizon.commandsThrough);
    await this.#remove("EXECUTIONS", asset, Math.min(settled, horizon.executionsThrough));
  }

  async #positions(asset: string): Promise<ReaderPositions> {
    const rows = await this.#database.query<{ service: string; stream_sequence: number }>(
      "select service, stream_sequence from consumer_positions where asset = $1",
      [asset],
    );
    return new Map(rows.map((row) => [row.service, row.stream_sequence]));
  }

  /** The last message of ORDERS that no backup needs. */
  async #neededByNoBackup(asset: string): Promise<number> {
    const kept = await readOrdersForBackups(this.#bus);
    const madeAtMs = kept?.newest.madeAtMs ?? null;
    if (madeAtMs === null) this.#backupMadeAt.remove();
    else this.#backupMadeAt.set(madeAtMs / 1000);
    const through = neededByNone(kept, asset, kept === null ? 0 : await this.#fillOfOrders());
    const isLosing = kept !== null && through > (kept.oldest.processed[asset] ?? 0);
    if (isLosing && !this.#isLosingBackups)
      this.#service.log.warn({ asset }, "ORDERS are nearly full: older backups can't be gone back to any more");
    this.#isLosingBackups = isLosing;
    return through;
  }

  async #fillOfOrders(): Promise<number> {
    const { bytes, bytesMax } = await this.#bus.streamUsage("ORDERS");
    return bytes / bytesMax;
  }

  /** Removes the messages before `through` but for the margin. `through` itself stays: the next publish's fence names it. */
  async #remove(stream: StreamName, asset: string, through: number): Promise<void> {
    const before = through - this.#options.marginMessages;
    if (before <= 1) return;
    if (stream === "ORDERS") await putTrimmed(this.#bus, asset, before);
    await this.#bus.purge(stream, subjectOf(stream, asset), before);
    this.#trimmedTo.set({ stream, asset }, before);
  }
}
