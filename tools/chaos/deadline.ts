import { beforeDeadline } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";

/** What the work settles with; rejects when it takes so much longer than it can take here that it will never end. */
export function within<T>(deadlineMs: number, what: string, work: Promise<T>): Promise<T> {
  return beforeDeadline(work, patience(deadlineMs), `${what} has not ended`);
}
