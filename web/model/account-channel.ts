import { Channel } from "./channel.js";

/** A channel of an account. What it has shown of one account is gone before another's comes. */
export abstract class AccountChannel extends Channel {
  watch(): void {
    this.forget();
    this.begin();
  }

  override end(): void {
    super.end();
    this.forget();
  }

  protected abstract forget(): void;
}
