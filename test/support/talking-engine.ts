import { AnswerPrinter } from "../../src/matching-engine/answer-printer.js";
import { TextEngine, type TextEngineOptions, textAsset } from "../../src/matching-engine/text-engine.js";

/** The engine alone, with its printer: a line in, its lines of JSON out. */
export class TalkingEngine {
  readonly #engine: TextEngine;
  readonly #printer: AnswerPrinter;

  constructor(options: TextEngineOptions) {
    this.#engine = new TextEngine(options);
    this.#printer = new AnswerPrinter(textAsset(options));
  }

  read(line: string): string {
    let output = "";
    this.#engine.read(line);
    for (const answer of this.#engine.take())
      this.#printer.print(answer, (text) => {
        output += text;
      });
    return output;
  }
}
