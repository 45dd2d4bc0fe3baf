/** A disk in memory that is really full, and has space again, when a fault wants it. Needs root, and Linux. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** More than any run writes; only what is written takes memory. */
const SIZE_KB = 4 * 2 ** 20;
/** Room for a few messages, so that it overflows in the middle of something. */
const ROOM_KB = 64;

export class SmallDisk {
  readonly #folder: string;

  /** Mounted at the folder, which is made. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE_KB}k,mode=755`, "bourse-chaos", folder]);
  }

  /** To less than is used it can't be made: more room is tried where somebody filled it in between. */
  fill(): void {
    for (let roomKb = ROOM_KB; ; roomKb *= 2) {
      const { blocks, bfree, bsize } = statfsSync(this.#folder);
      const sizeKb = Math.ceil(((blocks - bfree) * bsize) / 1024) + roomKb;
      try {
        this.#resize(sizeKb);
        return;
      } catch (error) {
        if (sizeKb >= SIZE_KB) throw error;
      }
    }
  }

  free(): void {
    this.#resize(SIZE_KB);
  }

  unmount(): void {
    execFileSync("umount", ["--lazy", this.#folder]);
  }

  #resize(sizeKb: number): void {
    execFileSync("mount", ["-o", `remount,size=${sizeKb}k`, this.#folder], { stdio: "pipe" });
  }
}

/** Why there can't be one here; null: there can. */
export function smallDiskObstacle(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root on Linux can mount a disk in memory";
  const folder = mkdtempSync(join(tmpdir(), "bourse-chaos-mount-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "bourse-chaos", folder]);
  if (status === 0) spawnSync("umount", [folder]);
  rmdirSync(folder);
  return status === 0 ? null : "mounting a disk in memory is not allowed here";
}
