/**
 * Lets go of days of history: first what stands for a day is stored and verified (engines' states; then, in one transaction, kept
 * rows and closing sums), then its parts are detached, compared with the sums once more, and dropped. Whatever it is killed at,
 * the next run goes on there.
 */
import type { Asset } from "../shared/domain/assets.js";
import { type EngineState, readState } from "./engine-books.js";
import type { HistoryDay, RetentionStore } from "./retention-store.js";

/** What stands for a day can't be stored, or is not right; the message is one line. */
export class NotVerified extends Error {
  override readonly name = "NotVerified";
}

export interface RetentionPorts {
  readonly store: RetentionStore;
  readonly assets: ReadonlyMap<string, Asset>;
  /** The newest state of the asset's engine; null: there is none that can be read. */
  readonly newestState: (terms: Asset) => Promise<EngineState | null>;
  readonly tell: (line: string) => void;
}

export class Retention {
  readonly #ports: RetentionPorts;

  constructor(ports: RetentionPorts) {
    this.#ports = ports;
  }

  /** Lets go of all days that are older than `keptDays`. Returns how many went. Rejects with NotVerified at the first that can't. */
  async run(keptDays: number): Promise<number> {
    const days = await this.#ports.store.daysBefore(keptDays);
    for (const [index, day] of days.entries()) {
      const place = `${index + 1} of ${days.length}`;
      if (!day.isClosed) {
        this.#tell(day, `${place}: storing what stands for it`);
        await this.#storeStates(day);
        await this.#close(day);
      }
      await this.#drop(day, place);
    }
    return days.length;
  }

  /** Says what would go, and what stands for it; changes nothing. */
  async look(keptDays: number): Promise<void> {
    const { store, assets, newestState, tell } = this.#ports;
    const days = await store.daysBefore(keptDays);
    for (const day of days) {
      this.#tell(day, `${megabytes(day.bytes)}, about ${Math.max(0, day.commands).toLocaleString("en")} commands`);
      if (day.isClosed) {
        tell(`  is closed: its sums are in closing_sums; its parts would be dropped`);
        continue;
      }
      for (const { asset, command } of await store.lastCommands(day.day)) {
        const terms = assets.get(asset);
        const state = terms === undefined ? null : later(await store.storedState(asset), await newestState(terms));
        const has =
          state === null
            ? "no state of its engine can be read"
            : `its engine's state at command ${state.commandSequence}`;
        tell(`  ${asset} through command ${command}: ${has}`);
      }
      const why = await store.whyNotClosed(day.day);
      tell(`  ${why === null ? "can be closed" : `now: ${why}`}`);
    }
    tell(days.length === 0 ? "nothing is old enough" : `${days.length} days would go`);
  }

  /** Each engine's state behind the day's commands, read back from Postgres as an engine would. */
  async #storeStates({ day }: HistoryDay): Promise<void> {
    const { store, assets, newestState } = this.#ports;
    for (const { asset, command } of await store.lastCommands(day)) {
      const terms = assets.get(asset);
      if (terms === undefined) throw new NotVerified(`${day}: ${asset} is not in the assets file`);
      if (((await store.storedState(asset))?.commandSequence ?? 0) < command) {
        const state = await newestState(terms);
        if (state === null || state.commandSequence < command)
          throw new NotVerified(
            `${day}: ${asset} goes through command ${command}, ${state === null ? "and no snapshot of its engine can be read" : `but its newest snapshot ends at ${state.commandSequence}`}`,
          );
        await store.storeState(asset, state);
      }
      const stored = await store.storedState(asset);
      const read = stored === null ? null : readState(terms, stored.bytes);
      if (read === null || read.commandSequence !== stored?.commandSequence || read.commandSequence < command)
        throw new NotVerified(
          `${day}: the stored state of ${asset}'s engine is not the one of command ${stored?.commandSequence}`,
        );
    }
  }

  async #close(day: HistoryDay): Promise<void> {
    const { store } = this.#ports;
    const why = await store.whyNotClosed(day.day);
    if (why !== null) throw new NotVerified(`${day.day}: ${why}`);
    await store.close(day.day);
    this.#tell(day, "closed");
  }

  async #drop(day: HistoryDay, place: string): Promise<void> {
    const { store } = this.#ports;
    const tables = await store.tables();
    for (const table of tables) {
      const state = await store.state(table, day.day);
      if (state === "attached" || state === "detaching") await store.detach(table, day.day, state);
    }
    this.#tell(day, "detached");
    const why = await store.whyNotDropped(day.day);
    if (why !== null) throw new NotVerified(`${day.day}: ${why}`);
    // The postings last: by them the sums can be compared as long as anything is there.
    for (const table of [...tables].sort((a, b) => Number(a === "ledger_entries") - Number(b === "ledger_entries")))
      if ((await store.state(table, day.day)) === "detached") await store.drop(table, day.day);
    await store.dropped(day.day);
    this.#tell(day, `${place}: gone, ${megabytes(day.bytes)}`);
  }

  #tell({ day }: HistoryDay, what: string): void {
    this.#ports.tell(`${day}  ${what}`);
  }
}

function later(one: EngineState | null, other: EngineState | null): EngineState | null {
  return (one?.commandSequence ?? 0) >= (other?.commandSequence ?? 0) ? one : other;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}
