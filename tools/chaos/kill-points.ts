/** Where in a service a process can be made to die. Pure; tools/chaos/kill-point.mjs does it, from within. */
import { join } from "node:path";
import { projectRoot } from "../../src/shared/process/project-root.js";

/** A method of a class of src/, by its place there. */
export interface KillableMethod {
  readonly source: string;
  readonly owner: string;
  readonly method: string;
}

/** One call of it, and on which side of the call the process dies. */
export interface KillPoint extends KillableMethod {
  /** "logged": when the call's last argument is to be told of a log id. */
  readonly moment: "before" | "meanwhile" | "after" | "logged";
  /** Only calls with an item that has this field. */
  readonly having?: string;
}

/** Counted from now on; how long after the call's start ("meanwhile"). */
export interface KillOrder extends KillPoint {
  readonly calls: number;
  readonly delayMs: number;
}

/** What the process is told: the compiled file instead of its source. */
export function killMessage({ source, ...order }: KillOrder): object {
  return { ...order, module: join(projectRoot, source.replace(/^src/, "dist").replace(/\.ts$/, ".js")) };
}

/** A test compares them with the sources: a class that moves takes its line here along. */
export const KILLABLE = {
  submit: { source: "src/shared/order-entry/batcher.ts", owner: "Batcher", method: "submit" },
  append: { source: "src/order-processing/command-store.ts", owner: "CommandStore", method: "append" },
  publish: { source: "src/shared/stage/fenced-output.ts", owner: "FencedOutput", method: "publish" },
  storeSnapshot: { source: "src/matching-engine/snapshot-store.ts", owner: "SnapshotStore", method: "store" },
  settle: { source: "src/trade-processing/trade-store.ts", owner: "TradeStore", method: "store" },
} as const satisfies Record<string, KillableMethod>;
