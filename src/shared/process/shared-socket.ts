/**
 * A port that outlives the process that serves it: whoever starts the process has opened it, and hands it over as file 3
 * (sd_listen_fds(3), systemd's socket units). Several processes may serve it, so one takes over from another without a
 * connection that is refused.
 */
import type { Server } from "node:net";
import * as v from "valibot";
import { integer } from "./settings.js";

const FIRST_FILE = 3;

/** Whether the port is handed over. LISTEN_PID says to whom, since the variables are inherited further than the file. */
export function sharedSocket() {
  return v.pipe(
    v.object({
      files: integer("LISTEN_FDS", 0, { min: 0, max: 1 }),
      pid: integer("LISTEN_PID", process.pid, { min: 1, max: 2 ** 31 - 1 }),
    }),
    v.transform(({ files, pid }) => files > 0 && pid === process.pid),
  );
}

export interface PublicAddress {
  readonly host: string;
  readonly port: number;
  /** Then host and port only say what it should be. */
  readonly isShared: boolean;
}

/** Resolves when connections may come; rejects with the system's error. `backlog`: those that the kernel may keep waiting. */
export function listenOn(server: Server, { host, port, isShared }: PublicAddress, backlog = 511): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ backlog, ...(isShared ? { fd: FIRST_FILE } : { host, port }) }, resolve);
  });
}
