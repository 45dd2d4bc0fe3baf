import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeDeadline } from "../../src/shared/process/waits.js";
import type { Tally } from "./raw-client.js";

export type CrowdRequest =
  | {
      readonly kind: "open";
      readonly group: string;
      readonly port: number;
      readonly count: number;
      /** The credentials of the clients, in turn; none: they are nobody. */
      readonly auths: readonly object[];
      readonly requests: readonly object[];
      readonly isReading: boolean;
    }
  /** From now on `lastAtUs` is the moment at which the last client of the group gets its next packet. */
  | { readonly kind: "arm"; readonly group: string }
  | { readonly kind: "stall"; readonly group: string }
  /** Answered when every client of the group has read an item of that sequence. */
  | { readonly kind: "reach"; readonly group: string; readonly sequence: number }
  | { readonly kind: "tally"; readonly group: string }
  | { readonly kind: "close"; readonly group: string };

export type CrowdAnswer =
  | { readonly id: number; readonly tally: Tally }
  | { readonly id: number; readonly failed: string };

type Settle = (answer: CrowdAnswer) => void;

const PROCESS = fileURLToPath(new URL(`./crowd-process${import.meta.url.slice(-3)}`, import.meta.url));
const ANSWER_TIMEOUT_MS = 120_000;

/** The process of the subscribers, as the process that measures sees it. */
export class Crowd {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Settle>();
  #requests = 0;

  constructor() {
    this.#process = fork(PROCESS);
    this.#process.on("message", (answer: CrowdAnswer) => this.#waiting.get(answer.id)?.(answer));
  }

  /** Resolves with what the group has got until then; latencies are told once. */
  async ask(request: CrowdRequest): Promise<Tally> {
    const id = this.#requests++;
    const answered = new Promise<CrowdAnswer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.send({ id, request });
    });
    const answer = await beforeDeadline(answered, ANSWER_TIMEOUT_MS, `the crowd did not answer ${request.kind}`);
    this.#waiting.delete(id);
    if ("failed" in answer) throw new Error(`${request.kind} of ${request.group}: ${answer.failed}`);
    return answer.tally;
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }
}
