/**
 * Finds the message of a batch that can never be handled: the batch is tried again in halves until one message fails alone.
 * That message goes to the dead letters, and then to the stage's `salvage`; without one, its asset halts.
 */

import type { Bus } from "../bus/bus.js";
import type { StreamSequence } from "../domain/units.js";
import type { Service } from "../process/lifecycle.js";
import type { AssetInput } from "./asset-input.js";
import { BadInput, isInputsFault, putDeadLetter, Suspects } from "./dead-letters.js";
import { AssetHalted, type Stage } from "./stage.js";
import { TOPOLOGY } from "./topology.js";

/** A batch failed because of its input, and is to be tried again in parts. */
export class BatchAccused extends Error {
  override readonly name = "BatchAccused";
}

export class PoisonSearch {
  readonly #service: Service;
  readonly #bus: Bus;
  readonly #stage: Stage;
  readonly #suspects = new Suspects();
  /** Each asset's message that is among the dead letters, and has to be salvaged next. */
  readonly #culprits = new Map<string, StreamSequence>();
  readonly #deadLetters;

  constructor(service: Service, bus: Bus, stage: Stage) {
    this.#service = service;
    this.#bus = bus;
    this.#stage = stage;
    const help = "Input messages that can't be processed";
    this.#deadLetters = service.metrics.counter("dead_letters_total", help, ["asset"]);
  }

  /** Whether the asset's input must be handled by itself, at most `messagesMax` messages at once. */
  isSuspect(asset: string): boolean {
    return this.#suspects.has(asset);
  }

  messagesMax(asset: string): number {
    return this.#suspects.messagesMax(asset);
  }

  /** Hands inputs to the stage and rejects as it does; with BatchAccused if the input is to blame and the search goes on. */
  async handle(inputs: readonly AssetInput[]): Promise<void> {
    const [first] = inputs;
    if (first !== undefined && this.#culprits.get(first.asset) === first.messages[0]?.streamSequence)
      await this.#salvage(first);
    else await this.#stage.handle(inputs).catch((err: unknown) => this.#accuse(inputs, err));
    this.#suspects.acquit(inputs);
  }

  async #accuse(inputs: readonly AssetInput[], cause: unknown): Promise<never> {
    if (!isInputsFault(cause)) throw cause;
    const accused = cause instanceof BadInput ? inputs.filter(({ asset }) => asset === cause.asset) : inputs;
    const message = this.#suspects.accuse(accused);
    const [suspect] = accused;
    if (message !== null && suspect !== undefined) {
      const { asset } = suspect;
      const { name: service } = this.#stage;
      const { input: stream } = TOPOLOGY[service];
      await putDeadLetter(this.#bus, { service, asset, stream, message, reason: cause });
      this.#deadLetters.inc({ asset });
      if (this.#stage.salvage === undefined) throw new AssetHalted(asset, cause);
      this.#culprits.set(asset, message.streamSequence);
    }
    throw new BatchAccused(`${accused.map(({ asset }) => asset).join(", ")} failed`, { cause });
  }

  async #salvage(input: AssetInput): Promise<void> {
    const { asset } = input;
    const sequence = this.#culprits.get(asset);
    try {
      await this.#stage.salvage?.(input);
      this.#service.log.error({ asset, sequence }, "a message was handled in parts; it is among the dead letters");
    } catch (err) {
      if (!isInputsFault(err)) throw err;
      this.#service.log.error({ err, asset, sequence }, "a message is skipped; it is among the dead letters");
    }
    this.#culprits.delete(asset);
  }
}
