import type { Answer, Wanted } from "../../../../src/shared/subscriber/connection.js";
import type { Parts } from "../../../../web/model/channel.js";
import { Frames } from "../../../../web/model/frames.js";

/** What channels are made of, without a server and without a browser: a test answers, and says when a frame comes. */
export class FakeParts implements Parts {
  /** What was asked for and is not answered, oldest first. */
  readonly asked: object[] = [];
  /** Answers to single questions, by turns. */
  readonly answers: Answer[] = [];
  nowMs = 0;
  #wanted: Wanted | null = null;
  readonly #frames: ((nowMs: number) => void)[] = [];
  readonly frames = new Frames((then) => this.#frames.push(then));
  readonly connection = {
    follow: (wanted: Wanted) => {
      this.#wanted = wanted;
      this.connect();
      return () => undefined;
    },
    again: () => this.connect(),
    ask: async (): Promise<Answer> => this.answers.shift() as Answer,
  };

  nowUs(): number {
    return this.nowMs * 1_000;
  }

  /** A connection stands (again): what is wanted is asked for. */
  connect(): void {
    if (this.#wanted !== null) this.asked.push(this.#wanted.request());
  }

  /** Answers the oldest request; returns it. */
  answer(answer: object): object {
    this.#wanted?.onAnswer({ ok: true, ...answer });
    return this.asked.shift() as object;
  }

  refuse(code: string, text: string): void {
    this.asked.shift();
    this.#wanted?.onRefused({ ok: false, code, text });
  }

  /** The frames that were asked for, so much later. */
  frame(afterMs = 1_000): void {
    this.nowMs += afterMs;
    for (const then of this.#frames.splice(0)) then(this.nowMs);
  }
}
