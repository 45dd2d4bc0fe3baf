/** The tape of the asset that is shown. */
import { type Signal, signal } from "@preact/signals";
import { timeText, withThousands } from "../../src/shared/subscriber/formats.js";
import { Tape, type Trade } from "../../src/shared/subscriber/tape.js";
import { Channel, type Parts } from "./channel.js";
import { EVERY_MS } from "./frames.js";

export const TAPE_ROWS = 24;

export interface TradeRow {
  readonly time: Signal<string>;
  readonly price: Signal<string>;
  readonly quantity: Signal<string>;
  /** "buy", "sell", or "" for a row without a trade. */
  readonly takerSide: Signal<string>;
}

interface TradesJson {
  readonly asset: string;
  readonly trades: readonly Trade[];
}

export class Trades extends Channel {
  readonly rows: readonly TradeRow[] = Array.from({ length: TAPE_ROWS }, () => ({
    time: signal(""),
    price: signal(""),
    quantity: signal(""),
    takerSide: signal(""),
  }));
  #asset = "";
  #tape = new Tape(TAPE_ROWS);
  readonly #paint = () => this.#show();

  constructor(parts: Parts) {
    super(parts);
  }

  watch(asset: string): void {
    this.end();
    this.#asset = asset;
    this.#tape = new Tape(TAPE_ROWS);
    this.parts.frames.paint(this.#paint, EVERY_MS.numbers);
    this.begin();
  }

  protected override request(): object {
    return { channel: "trades", asset: this.#asset };
  }

  protected override onAnswer(answer: object): boolean {
    // After a long absence trades between the last one and the answer's first are missing: the tape shows the newest.
    this.#tape.take((answer as TradesJson).trades);
    this.parts.frames.paint(this.#paint, EVERY_MS.numbers);
    return true;
  }

  override onEvent(payload: unknown): void {
    const { asset, trades } = payload as TradesJson;
    if (asset !== this.#asset) return;
    if (!this.#tape.take(trades)) this.readAgain("trades are missing: reading them again");
    this.parts.frames.paint(this.#paint, EVERY_MS.numbers);
  }

  #show(): void {
    this.rows.forEach((row, place) => {
      const trade = this.#tape.at(place);
      row.time.value = trade === undefined ? "" : timeText(trade.executedAtUs);
      row.price.value = trade === undefined ? "" : withThousands(trade.price);
      row.quantity.value = trade?.quantity ?? "";
      row.takerSide.value = trade?.takerSide ?? "";
    });
  }
}
