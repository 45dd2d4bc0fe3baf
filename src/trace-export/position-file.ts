/** How far the export has come in each asset, in a file: where a process that starts again goes on. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";

const POSITIONS = v.record(v.string(), v.pipe(v.number(), v.safeInteger(), v.minValue(0)));

/** By asset: the last command that was looked at. */
export type Positions = ReadonlyMap<string, number>;

export class PositionFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** None where there is no file, or one that can't be read: the export then begins with what comes. */
  read(): Positions {
    try {
      return new Map(Object.entries(v.parse(POSITIONS, JSON.parse(readFileSync(this.#path, "utf8")))));
    } catch {
      return new Map();
    }
  }

  /** A reader meanwhile, and whoever comes after a crash, sees the old file or the new one. */
  write(positions: Positions): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(Object.fromEntries(positions))}\n`);
    renameSync(`${this.#path}.new`, this.#path);
  }
}
