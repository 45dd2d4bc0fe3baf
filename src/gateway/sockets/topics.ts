import type { PlainSocket } from "./plain-socket.js";

/** Something that is followed once for all who listen. */
export interface Topic {
  readonly listeners: Set<PlainSocket>;
  end(): void;
}

/** Topics by their names, each open for as long as somebody listens. */
export class Topics<Kind extends Topic> {
  readonly #begin: (name: string) => Kind | null;
  readonly #perListenerMax: number;
  readonly #open = new Map<string, Kind>();
  readonly #held = new Map<PlainSocket, Set<string>>();

  /** `begin`: null where there is no such topic. */
  constructor(begin: (name: string) => Kind | null, perListenerMax: number) {
    this.#begin = begin;
    this.#perListenerMax = perListenerMax;
  }

  listen(name: string, listener: PlainSocket): Kind | "unknown" | "too many" {
    const held = this.#held.get(listener) ?? new Set();
    if (held.size >= this.#perListenerMax && !held.has(name)) return "too many";
    const topic = this.#open.get(name) ?? this.#begin(name);
    if (topic === null) return "unknown";
    this.#open.set(name, topic);
    topic.listeners.add(listener);
    this.#held.set(listener, held.add(name));
    return topic;
  }

  forget(name: string, listener: PlainSocket): void {
    const topic = this.#open.get(name);
    this.#held.get(listener)?.delete(name);
    if (topic === undefined || !topic.listeners.delete(listener) || topic.listeners.size > 0) return;
    this.#open.delete(name);
    topic.end();
  }

  /** It is gone. */
  forgetAll(listener: PlainSocket): void {
    for (const name of this.#held.get(listener) ?? []) this.forget(name, listener);
    this.#held.delete(listener);
  }
}
