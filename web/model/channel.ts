/** What all channels of the page have in common: a subscription, its state for the panel's head, and a place for events. */
import { type Signal, signal } from "@preact/signals";
import type { Connection, Refused, Wanted } from "../../src/shared/subscriber/connection.js";
import type { Frames } from "./frames.js";

/** `waiting`: no answer yet. `behind`: what is shown is not the server's state, and is being read anew. */
export type PanelState =
  | { readonly kind: "waiting" }
  | { readonly kind: "live" }
  | { readonly kind: "behind"; readonly text: string }
  | { readonly kind: "unavailable"; readonly text: string };

export interface Parts {
  readonly connection: Pick<Connection, "follow" | "again" | "ask">;
  readonly frames: Frames;
  /** Microseconds since the epoch, by this machine's clock. */
  readonly nowUs: () => number;
}

export abstract class Channel {
  readonly state: Signal<PanelState> = signal({ kind: "waiting" });
  protected readonly parts: Parts;
  #end: (() => void) | null = null;
  readonly #wanted: Wanted = {
    request: () => this.request(),
    onAnswer: (answer) => this.#take(answer),
    onRefused: (why) => this.refused(why),
  };

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Subscribes; what was subscribed to before is ended. */
  protected begin(): void {
    this.end();
    this.state.value = { kind: "waiting" };
    this.#end = this.parts.connection.follow(this.#wanted);
  }

  end(): void {
    this.#end?.();
    this.#end = null;
  }

  /** Reads the state anew, and says why until it has come. */
  protected readAgain(text: string): void {
    this.state.value = { kind: "behind", text };
    this.parts.connection.again(this.#wanted);
  }

  protected refused({ text }: Pick<Refused, "text">): void {
    this.state.value = { kind: "unavailable", text };
  }

  #take(answer: object): boolean {
    const isOfUse = this.onAnswer(answer);
    if (isOfUse) this.state.value = { kind: "live" };
    return isOfUse;
  }

  protected abstract request(): object;
  /** False: it is of no use, and is asked for again. */
  protected abstract onAnswer(answer: object): boolean;
  /** Takes an event of the channel, which may be about something that is no longer shown. */
  abstract onEvent(payload: unknown): void;
}
