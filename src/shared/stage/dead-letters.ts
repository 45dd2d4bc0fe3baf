/**
 * Input that can never be processed: how it is told from trouble that passes, which message of a batch it is, and where its
 * bytes go (dead-letters.<service>, with asset, stream, sequence and reason as headers).
 */

import type { Bus } from "../bus/bus.js";
import type { InputMessage } from "../bus/reader.js";
import { type StreamName, subjectOf } from "../bus/subjects.js";
import { isAboutValues } from "../database/postgres-errors.js";
import type { StreamSequence } from "../domain/units.js";
import type { AssetInput } from "./asset-input.js";

/** An asset's input has a message that can't be decoded, or that is impossible after those before it. */
export class BadInput extends Error {
  override readonly name = "BadInput";
  readonly asset: string;

  constructor(asset: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.asset = asset;
  }
}

/** Runs work that can fail only because of the asset's input. */
export function judgingInput<T>(asset: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new BadInput(asset, cause);
  }
}

/** Whether the input is to blame, so that trying again would not help. */
export function isInputsFault(error: unknown): boolean {
  return error instanceof BadInput || isAboutValues(error);
}

interface Suspicion {
  /** Messages to try in one batch. */
  readonly messagesMax: number;
  /** The last message under suspicion. */
  readonly through: StreamSequence;
}

/** Halves batches that fail because of their input, until the culprit stands alone. */
export class Suspects {
  readonly #suspicions = new Map<string, Suspicion>();

  has(asset: string): boolean {
    return this.#suspicions.has(asset);
  }

  /** How many of the asset's messages may be handled in one batch; no limit for assets without suspicion. */
  messagesMax(asset: string): number {
    return this.#suspicions.get(asset)?.messagesMax ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Must be called with inputs that failed together. Returns the culprit once it is found: a message that fails alone while
   * it is under suspicion already, since another message may have been the reason for its first failure.
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

  /** Must be called with inputs that were handled. */
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

/** Stores the message; the same one twice within two minutes is stored once. Rejects when it is not stored. */
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
