/** What a service may ask the launcher that started it, over the channel between them. */
import { beforeDeadline } from "./waits.js";

/** `stop`: of everything. */
export const LAUNCHER_ASKS = ["bots status", "start bots", "stop bots", "stop"] as const;
export type LauncherAsk = (typeof LAUNCHER_ASKS)[number];

export interface BotsState {
  readonly state: "running" | "starting" | "stopping" | "stopped";
  readonly adminUrl: string;
  /** Why they could not be started the last time; null: they could. */
  readonly problem: string | null;
}

interface Asked {
  readonly kind: "ask";
  readonly id: number;
  readonly what: LauncherAsk;
}
interface Answer {
  readonly kind: "answer";
  readonly id: number;
  readonly bots: BotsState;
}

/** Bots have to start, or to cancel their orders. */
const ANSWER_DEADLINE_MS = 30_000;

/** The launcher, to a service; it is null where somebody else has started the process. */
export interface LauncherChannel {
  /** Resolves with how it is afterwards with the bots. Rejects after a deadline. */
  ask(what: LauncherAsk): Promise<BotsState>;
}

export function launcherChannel(): LauncherChannel | null {
  if (process.send === undefined) return null;
  const waiting = new Map<number, (bots: BotsState) => void>();
  let last = 0;
  process.on("message", (message) => {
    if (!isOf<Answer>(message, "answer")) return;
    waiting.get(message.id)?.(message.bots);
    waiting.delete(message.id);
  });
  return {
    ask(what) {
      const id = ++last;
      const answer = new Promise<BotsState>((resolve) => waiting.set(id, resolve));
      process.send?.({ kind: "ask", id, what } satisfies Asked);
      return beforeDeadline(answer, ANSWER_DEADLINE_MS, "the launcher does not answer").finally(() =>
        waiting.delete(id),
      );
    },
  };
}

/** Of the launcher: whether a message of a service asks for something, and what; `answer` makes the message that answers it. */
export function askIn(message: unknown): { readonly what: LauncherAsk; answer(bots: BotsState): object } | null {
  if (!isOf<Asked>(message, "ask") || !LAUNCHER_ASKS.includes(message.what)) return null;
  const { id, what } = message;
  return { what, answer: (bots): Answer => ({ kind: "answer", id, bots }) };
}

function isOf<Message extends { readonly kind: string }>(message: unknown, kind: Message["kind"]): message is Message {
  return typeof message === "object" && message !== null && "kind" in message && message.kind === kind;
}
