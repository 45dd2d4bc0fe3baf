/**
 * A stage's output of one asset, under a fence: every publish names the message that it must follow, so that of two writers
 * only one goes on. After any doubt the last message is read back: it is ours (a lost acknowledgement) or another writer's
 * (this process lost the asset). Publishes are repeated until they are stored; callers wait, which is the back-pressure.
 */

import { type Bus, ERROR_CODES } from "../bus/bus.js";
import type { InputMessage } from "../bus/reader.js";
import { type StreamName, subjectOf } from "../bus/subjects.js";
import { Fenced } from "../domain/errors.js";
import { type StreamSequence, streamSequence } from "../domain/units.js";
import { nowUs } from "../process/clock.js";
import type { Service } from "../process/lifecycle.js";
import type { Logger } from "../process/log.js";
import { pausedFor } from "../process/waits.js";
import { type StageName, TOPOLOGY } from "./topology.js";

const ACK_TIMEOUT_MS = 2_000;
const RETRY_MS = 200;

export class FencedOutput {
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #stopping: AbortSignal;
  readonly #stream: StreamName;
  readonly #subject: string;
  #last: StreamSequence = streamSequence(0);

  constructor(bus: Bus, { log, stopping }: Pick<Service, "log" | "stopping">, stage: StageName, asset: string) {
    const { output: stream } = TOPOLOGY[stage];
    this.#bus = bus;
    this.#log = log.child({ stream, asset });
    this.#stopping = stopping;
    this.#stream = stream;
    this.#subject = subjectOf(stream, asset);
  }

  /** The stream sequence of the last output. */
  get last(): StreamSequence {
    return this.#last;
  }

  /** Reads the last output, which the next one must follow. */
  async open(): Promise<InputMessage | null> {
    const last = await this.#bus.lastMessage(this.#stream, this.#subject);
    this.#last = last?.streamSequence ?? streamSequence(0);
    return last;
  }

  /** Resolves once the payload is stored. Rejects with Fenced if there is another writer, and when told to stop. */
  async publish(payload: Uint8Array): Promise<void> {
    let tries = 1;
    for (; ; tries++) {
      const outcome = await this.#bus.publish(this.#subject, payload, {
        expectedLastSubjectSequence: this.#last,
        deadlineMs: ACK_TIMEOUT_MS,
      });
      if (outcome.kind === "stored") {
        const follows = this.#last;
        this.#last = outcome.streamSequence;
        const stored = { subject: this.#subject, streamSequence: this.#last, storedAtUs: nowUs(), data: payload };
        this.#bus.handOn({ ...stored, follows });
        break;
      }
      const isFence = outcome.kind === "refused" && outcome.errorCode === ERROR_CODES.WRONG_LAST_SEQUENCE;
      if (!isFence) {
        const message = "an output is not stored yet; trying again";
        if (tries === 1) this.#log.warn({ outcome }, message);
        else this.#log.debug({ outcome, tries }, message);
      }
      if (await this.#isStored(payload)) break;
      // A refusal by the fence is tried again, too: a server that lags behind may not know the last message yet.
      if (!(await pausedFor(RETRY_MS, this.#stopping)))
        throw new Error(`${this.#subject}: told to stop with an output that is not stored`);
    }
    if (tries > 1) this.#log.info({ tries }, "the output is stored now");
  }

  /** Looks at the subject's last message: true if it is this payload, false if nothing has changed. */
  async #isStored(payload: Uint8Array): Promise<boolean> {
    const last = await this.#readLast();
    if (last === undefined) return false;
    const at = last?.streamSequence ?? streamSequence(0);
    if (at === this.#last) return false;
    // Streams that can be rebuilt are not synced: a server that was killed has lost their last messages.
    if (at < this.#last)
      throw new Error(`${this.#subject} ends at ${at}, but ${this.#last} was stored: it has lost its end`);
    if (last === null || !Buffer.from(last.data).equals(payload))
      throw new Fenced(`${this.#subject}: another writer published ${at} after ${this.#last}`);
    this.#last = at;
    return true;
  }

  async #readLast(): Promise<InputMessage | null | undefined> {
    try {
      return await this.#bus.lastMessage(this.#stream, this.#subject);
    } catch (err) {
      this.#log.debug({ err }, "the last output can't be read back yet");
      return undefined;
    }
  }
}
