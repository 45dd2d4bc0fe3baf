/**
 * Input that can't be processed, whatever is tried: how it is told from trouble that passes, which message of a batch it
 * is, and where its bytes go (dead-letters.<service>, with asset, stream, sequence and reason as headers).
 */

import type { Bus } from "../bus/bus.js";
import type { InputMessage } from "../bus/reader.js";
import { type StreamName, subjectOf } from "../bus/subjects.js";
import { isAboutValues } from "../database/postgres-errors.js";
import type { StreamSequence } from "../domain/units.js";
import type { AssetInput } from "./asset-input.js";

/** Something in an asset's input can't be processed: undecodable, or impossible where it stands. */
export class BadInput extends Error {
  override readonly name = "BadInput";
  readonly asset: string;

  constructor(asset: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.asset = asset;
  }
}

/** Runs work that can only fail for what the asset's input holds. */
export function judgingInput<T>(asset: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new BadInput(asset, cause);
  }
}

/** Whether it is the input's fault. */
export function isInputsFault(error: unknown): boolean {
  return error instanceof BadInput || isAboutValues(error);
}

interface Suspicion {
  /** Messages to try at once. */
  readonly messagesMax: number;
  readonly through: StreamSequence;
}

/** Halves batches that fail for what they hold, until the culprit stands alone. */
export class Suspects {
  readonly #suspicions = new Map<string, Suspicion>();

  has(asset: string): boolean {
    return this.#suspicions.has(asset);
  }

  /** How many of the asset's messages are to be handled at once; a suspect's are handled by themselves. */
  messagesMax(asset: string): number {
    return this.#suspicions.get(asset)?.messagesMax ?? Number.POSITIVE_INFINITY;
  }

  /**
   * These failed together. Returns the culprit: a message that has failed alone before, since the first time may have
   * been somebody else's doing.
   */
  accuse(inputs: readonly AssetInput[]): InputMessage | null {
    const [first] = inputs;
    const isAlone = inputs.length === 1 && first?.messages.length === 1 && this.messagesMax(first.asset) === 1;
    if (isAlone) return first.messages[0] ?? null;
    for (const { asset, messages } of inputs) {
      const through = (messages.at(-1) as InputMessage).streamSequence;
      const before = this.#suspicions.get(asset)?.through ?? through;
      const messagesMax = Math.max(1, messages.length >> 1);
      this.#suspicions.set(asset, { messagesMax, through: before > through ? before : through });
    }
    return null;
  }

  /** These went well. */
  acquit(inputs: readonly AssetInput[]): void {
    for (const { asset, messages } of inputs) {
      const through = this.#suspicions.get(asset)?.through;
      if (through !== undefined && (messages.at(-1)?.streamSequence ?? 0) >= through) this.#suspicions.delete(asset);
    }
  }
}

export interface DeadLetter {
  readonly service: string;
  readonly asset: string;
  readonly stream: StreamName;
  readonly message: InputMessage;
  readonly reason: unknown;
}

const PUBLISH_TIMEOUT_MS = 2_000;
const REASON_LENGTH_MAX = 500;

/** The same message twice within two minutes is kept once. Rejects when it is not stored. */
export async function putDeadLetter(bus: Bus, { service, asset, stream, message, reason }: DeadLetter): Promise<void> {
  const sequence = String(message.streamSequence);
  const text = reason instanceof Error ? reason.message : String(reason);
  const outcome = await bus.publish(subjectOf("DEAD_LETTERS", service), message.data, {
    messageId: `${service}.${stream}.${sequence}`,
    headers: { asset, stream, sequence, reason: text.replace(/[^ -~]/g, " ").slice(0, REASON_LENGTH_MAX) },
    deadlineMs: PUBLISH_TIMEOUT_MS,
  });
  if (outcome.kind !== "stored")
    throw new Error(`message ${sequence} of ${stream} can't be put among the dead letters: ${outcome.kind}`);
}
